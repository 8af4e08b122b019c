// The way out of every chart: its very question for other tools, and its values as a file.

import { useState } from "preact/hooks";

import { today } from "../lib/days.ts";
import { type Asked, file, TOOLS } from "../lib/snippets.ts";
import { Snippet } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";

export type { Asked };
export { file };

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

function Ways({ asked, png, close }: { asked: Asked; png?: () => void; close: () => void }) {
  const [tool, setTool] = useState("curl");
  const place = { origin: location.origin, today: today() };
  return (
    <Dialog title="Use this in…" close={close}>
      <p>
        {file(asked, "csv") && <><a class="button" href={file(asked, "csv")} download>CSV</a> <a class="button" href={file(asked, "parquet")} download>Parquet</a></>}{" "}
        {png && <button onClick={png}>PNG</button>}
      </p>
      <p class="muted">Other tools need a key with the scope read (for files: export). Settings makes one. It goes into the variable KEY, or where the text says KEY.</p>
      <div class="segments" role="group" aria-label="Tool">
        {Object.keys(TOOLS).filter((name) => name !== "DuckDB" || file(asked, "parquet")).map((name) => <button key={name} aria-pressed={name === tool} onClick={() => setTool(name)}>{name}</button>)}
      </div>
      <Snippet text={TOOLS[tool]?.(asked, place) ?? ""} />
    </Dialog>
  );
}
