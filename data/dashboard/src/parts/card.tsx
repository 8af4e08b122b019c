import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A framed part of a screen with a heading, and buttons at its right. */
export function Card({ title, note, actions, children, wide }: {
  title: ComponentChildren;
  note?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
  /** Over the whole width of the screen. */
  wide?: boolean;
}) {
  const id = useId();
  return (
    <section class={wide ? "card wide" : "card"} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note && <p class="muted">{note}</p>}
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}
