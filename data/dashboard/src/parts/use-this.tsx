// The way out of every chart: its very question for other tools, and its values as a file; loaded when it is asked for.

import { useState } from "preact/hooks";

import { later } from "../lib/later.tsx";
import type { Asked } from "../lib/snippets.ts";

export type { Asked };

const Ways = later(() => import("./ways.tsx").then((script) => script.Ways));

/** Buttons for the header of a card. `png` draws what is on show. */
export function UseThis({ asked, png }: { asked: Asked; png?: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button class="quiet" onClick={() => setOpen(true)}>Use this in…</button>
      {open && <Ways asked={asked} png={png} close={() => setOpen(false)} />}
    </>
  );
}
