// The values of a chart as a table, for those who cannot see the chart or want the numbers. Its rows are made when it is opened.

import { useState } from "preact/hooks";

export function AsTable({ head, rows, label = "Show as table" }: { head: string[]; rows: () => (string | undefined)[][]; label?: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      {open && (
        <div class="scroll tall" tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead><tr>{head.map((name, at) => <th key={name} scope="col" class={at ? "number" : undefined}>{name}</th>)}</tr></thead>
            <tbody>
              {rows().map((row, place) => (
                <tr key={place}>{row.map((text, at) => at ? <td key={at} class="number">{text ?? "–"}</td> : <th key={at} scope="row">{text}</th>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
