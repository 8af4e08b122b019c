// Everything that a chart's question can be used in: files, and lines to paste for other tools.

import { useState } from "preact/hooks";

import { today } from "../lib/days.ts";
import { type Asked, file, TOOLS } from "../lib/snippets.ts";
import { Snippet } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";

/** The dialog. */
export function Ways({ asked, png, close }: { asked: Asked; png?: () => void; close: () => void }) {
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
