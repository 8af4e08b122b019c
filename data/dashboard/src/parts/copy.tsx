import { useState } from "preact/hooks";

/** Copies a text. Browsers have a clipboard only on HTTPS and on the machine itself; elsewhere the text is selected to be copied by hand. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [said, setSaid] = useState("");
  const copy = async (event: MouseEvent) => {
    const code = (event.currentTarget as HTMLElement).parentElement?.querySelector("code");
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      if (code) getSelection()?.selectAllChildren(code);
      setSaid(code && document.execCommand("copy") ? "Copied" : "Selected: copy it by hand");
    }
    setTimeout(() => setSaid(""), 3000);
  };
  return <button class="quiet" type="button" onClick={copy} aria-live="polite">{said || label}</button>;
}

/** A text to be copied, with the button for it. */
export function Snippet({ text }: { text: string }) {
  return (
    <div class="snippet">
      <pre tabIndex={0}><code>{text}</code></pre>
      <Copy text={text} />
    </div>
  );
}
