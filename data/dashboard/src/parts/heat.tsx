// A grid of days or hours, coloured in five levels. A path for each level rather than a shape for each cell: ten years
// are a few dozen elements. One cell at a time is told in words, under the pointer or moved to by the arrow keys.

import { useState } from "preact/hooks";

import { levelOf } from "../lib/statistics.ts";
import type { Values } from "./chart.tsx";

export interface HeatProps {
  /** What the grid shows, for those who cannot see it. */
  label: string;
  rows: number;
  /** Column by column, from the top; undefined where there is no cell. */
  cells: (number | null | undefined)[];
  /** The limits between the five levels. */
  limits: number[];
  tell: (at: number) => string;
  /** What is told while no cell is chosen. */
  summary: string;
  rowNames: string[];
  columnNames: string[];
  /** A few rows are made high enough to be hit, rather than square. */
  high?: boolean;
  /** A cell was clicked, or Enter pressed on it. */
  onPick?: (at: number) => void;
}

const SIZE = 10;

const square = (at: number, rows: number, gap: number): string =>
  `M${Math.floor(at / rows) * SIZE + gap} ${(at % rows) * SIZE + gap}h${SIZE - 2 * gap}v${SIZE - 2 * gap}h${2 * gap - SIZE}z`;

function levelPaths(cells: HeatProps["cells"], rows: number, limits: number[]): string[] {
  const paths = ["", "", "", "", "", ""];
  cells.forEach((value, at) => {
    if (value !== undefined) paths[value === null ? 5 : levelOf(value, limits)] += square(at, rows, 0.6);
  });
  return paths;
}

export function Heat({ label, rows, cells, limits, tell, summary, rowNames, columnNames, high, onPick }: HeatProps) {
  const [chosen, choose] = useState<number | undefined>(undefined);
  const columns = Math.ceil(cells.length / rows);
  const there = (at: number) => cells[at] !== undefined;
  const under = (event: PointerEvent | MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * columns) * rows + Math.floor(((event.clientY - box.top) / box.height) * rows);
    return there(at) ? at : undefined;
  };
  const move = (event: KeyboardEvent) => {
    if (event.key === "Enter" && chosen !== undefined) return onPick?.(chosen);
    const by = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -rows, ArrowRight: rows }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const to = chosen === undefined ? cells.findIndex((value) => value !== undefined) : chosen + by;
    if (there(to)) choose(to);
  };
  return (
    <div class={high ? "heat high" : "heat"}>
      <div class="heat-rows" aria-hidden="true">{rowNames.map((name, at) => <span key={at}>{name}</span>)}</div>
      <svg viewBox={`0 0 ${columns * SIZE} ${rows * SIZE}`} preserveAspectRatio="none" role="img" aria-label={`${label}. ${summary}`} tabIndex={0} onKeyDown={move}
        onPointerMove={(event) => choose(under(event))} onPointerLeave={() => choose(undefined)} onBlur={() => choose(undefined)}
        onClick={(event) => { const at = under(event); if (at !== undefined) onPick?.(at); }} style={onPick && { cursor: "pointer" }}>
        {levelPaths(cells, rows, limits).map((path, level) => <path key={level} class={`heat-${level}`} d={path} />)}
        {chosen !== undefined && <path class="heat-chosen" d={square(chosen, rows, 0.3)} />}
      </svg>
      <div class="heat-columns" aria-hidden="true">{columnNames.map((name, at) => <span key={at}>{name}</span>)}</div>
      <p class="heat-told" aria-live="polite">{chosen === undefined ? summary : tell(chosen)}</p>
    </div>
  );
}

/** What the colours mean. */
export function HeatKey({ limits, write }: { limits: Values; write: (value: number) => string }) {
  const [low, , , high] = limits;
  return (
    <p class="heat-key muted">
      up to {write(low ?? 0)} {[0, 1, 2, 3, 4].map((level) => <i key={level} class={`heat-${level}`} />)} over {write(high ?? 0)}; <i class="heat-5" /> no data
    </p>
  );
}
