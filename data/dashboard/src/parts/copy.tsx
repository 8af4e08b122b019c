import { useState } from "preact/hooks";

/** What browsers still have where they offer no clipboard: it copies what is selected in a field, which has to be in the same dialog. */
function copySelected(text: string, beside: HTMLElement): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden";
  beside.after(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  beside.focus();
  return done;
}

/** Copies a text. Browsers have a clipboard only on HTTPS and on the machine itself, which a server at home mostly is not. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [said, setSaid] = useState("");
  const copy = async (event: MouseEvent) => {
    const button = event.currentTarget as HTMLElement;
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid(copySelected(text, button) ? "Copied" : "Copy it by hand");
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
