// A chart over time: uPlot, told in this page's words, with what uPlot has not: a text for those who cannot see it, keys for
// those who have no mouse, a legend that says the value under the cursor, and colours that follow light and dark.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import { dateOf, wall } from "../lib/days.ts";
import { date, dateTime, number, time } from "../lib/format.ts";
import { zone } from "../lib/session.ts";

export type Values = (number | null)[];

/** One line of a chart. A band lies between `values` and `upto`. */
export interface Line {
  label: string;
  values: Values;
  kind?: "line" | "bars" | "dots" | "band";
  /** For a band: its upper edge. */
  upto?: Values;
  /** The name of a colour of the style sheet, such as "heart" for --heart. */
  colour?: string;
  dashed?: boolean;
  /** Written for people, with its unit. */
  write?: (value: number) => string;
}

export interface ChartProps {
  /** What the chart shows, for those who cannot see it. */
  label: string;
  /** Epoch seconds, ascending. */
  x: number[];
  lines: Line[];
  height?: number;
  /** Charts of one key share their cursor. */
  sync?: string;
  /** Whether points are whole local days or longer; else they are instants. */
  days?: boolean;
  /** A part of the time was dragged over: epoch seconds. */
  onZoom?: (from: number, to: number) => void;
  /** The stretch of time on show, in epoch seconds; by default from the first point to the last. */
  span?: [number, number];
  /** How a point of the time axis is written: beside the values, and on the axis (`short`). */
  when?: (at: number, short: boolean) => string;
  /** Is given what was drawn, as for a file of it. */
  onReady?: (canvas: HTMLCanvasElement) => void;
  /** Where the cursor is, for what is drawn beside the chart: epoch seconds. */
  onCursor?: (at: number | null) => void;
  /** Least and most of the value axis; by default what is there, for bars with zero. */
  scale?: [number | null, number | null];
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "gray";
const faint = (name: string): string => `color-mix(in srgb, ${colour(name)} 25%, transparent)`;

/** The columns of uPlot, and which of them belong to each line. */
function columns(lines: Line[]): { data: Values[]; at: number[] } {
  const data: Values[] = [];
  const at = lines.map((line) => {
    data.push(line.values);
    if (line.kind === "band") data.push(line.upto ?? line.values);
    return data.length - (line.kind === "band" ? 1 : 0);
  });
  return { data, at };
}

function series(lines: Line[]): uPlot.Series[] {
  return lines.flatMap((line, index): uPlot.Series[] => {
    const name = line.colour ?? ["accent", "second", "third"][index % 3] ?? "accent";
    const plain: uPlot.Series = { label: line.label, stroke: () => colour(name), width: line.values.length > 1000 ? 1 : 2, spanGaps: false, points: { show: false } };
    const dash = line.dashed ? [6, 4] : undefined;
    switch (line.kind) {
      case "bars":
        return [{ ...plain, width: 0, fill: () => colour(name), paths: uPlot.paths.bars?.({ size: [0.75, 60] }) }];
      case "dots":
        return [{ ...plain, paths: () => null, points: { show: true, size: 5, fill: () => colour(name), width: 0 } }];
      case "band":
        return [{ ...plain, width: 0 }, { ...plain, width: 0, label: `${line.label} (upper)` }];
      default:
        return [{ ...plain, dash, points: { show: alone(line.values), size: 5, fill: () => colour(name) } }];
    }
  });
}

/** A value between two gaps is no line, so it is shown as a dot; few values are all shown. */
const alone = (values: Values) => (_: uPlot, __: number, from: number, to: number): boolean | undefined =>
  to - from < 40 || values.some((value, at) => value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null);

function options(props: ChartProps, width: number, onCursor: (index: number | null) => void): uPlot.Options {
  const { lines, sync, scale, span, when: name } = props;
  const { at } = columns(lines);
  const hasBars = lines.some((line) => line.kind === "bars");
  const axis = { stroke: () => colour("muted"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  return {
    width,
    height: props.height ?? 220,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone()),
    legend: { show: false },
    cursor: { drag: { x: Boolean(props.onZoom), y: false, setScale: false }, sync: sync ? { key: sync } : undefined, points: { size: 7 } },
    scales: {
      x: { time: true, ...(span && { range: span }) },
      y: { range: (_, low, high) => extent(scale, hasBars, low, high) },
    },
    axes: [
      { ...axis, size: 28, space: 72, values: (_, ticks, __, ___, apart) => ticks.map((tick) => (name ? name(tick, true) : tickName(tick, apart))) },
      { ...axis, size: 48, values: (_, ticks) => ticks.map(amount) },
    ],
    series: [{}, ...series(lines)],
    bands: lines.flatMap((line, index) => line.kind === "band" ? [{ series: [(at[index] ?? 0) + 1, at[index] ?? 0] as [number, number], fill: () => faint(line.colour ?? "accent") }] : []),
    hooks: {
      setCursor: [({ cursor: { idx } }) => {
        onCursor(idx ?? null);
        props.onCursor?.(typeof idx === "number" ? (props.x[idx] ?? null) : null);
      }],
      setSelect: [(plot) => {
        if (plot.select.width < 4) return;
        const [from, to] = [plot.posToVal(plot.select.left, "x"), plot.posToVal(plot.select.left + plot.select.width, "x")];
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        props.onZoom?.(from, to);
      }],
    },
  };
}

/** One line for a tick: the hour, the day, the month or the year, and at the turn of each the next larger one. */
function tickName(at: number, apart: number): string {
  const day = dateOf(at * 1000);
  if (apart < 86_400 && wall(at) % 86_400) return apart < 60 ? `${wall(at) % 60} s` : time(at * 1000);
  if (apart < 86_400 * 28) return date(day, { day: "numeric", month: "short" });
  return date(day, day.slice(5, 7) === "01" ? { year: "numeric" } : { month: "short" });
}

/** Short enough for the side of a chart. */
const amount = (value: number): string =>
  Math.abs(value) < 100_000 ? number(value) : value.toLocaleString(undefined, { notation: "compact", maximumFractionDigits: 1 });

/** A little air above and below; bars stand on zero. */
function extent(scale: ChartProps["scale"], hasBars: boolean, low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1];
  const air = (to - from || Math.abs(to) || 1) * 0.08;
  return [scale?.[0] ?? (hasBars && from >= 0 ? 0 : from - air), scale?.[1] ?? to + air];
}

export function Chart(props: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [cursor, setCursor] = useState<number | null>(null);
  const { x, lines } = props;

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const { data } = columns(lines);
    const drawn = new uPlot(options(props, element.clientWidth, setCursor), [x, ...data] as uPlot.AlignedData, element);
    plot.current = drawn;
    props.onReady?.(drawn.ctx.canvas);
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: props.height ?? 220 }));
    resized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => drawn.redraw(false, true);
    scheme.addEventListener("change", redraw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", redraw);
      drawn.destroy();
    };
  }, [x, ...(props.span ?? []), JSON.stringify(lines.map(({ label, kind, colour }) => [label, kind, colour])), ...lines.map((line) => line.values)]);

  const move = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -x.length, End: x.length }[event.key];
    if (by === undefined || !plot.current) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(x.length - 1, (cursor ?? (by > 0 ? -1 : x.length)) + by));
    plot.current.setCursor({ left: plot.current.valToPos(x[to] ?? 0, "x"), top: 10 });
  };

  return (
    <figure class="chart">
      <figcaption class="legend" aria-live="off">
        <span class="when">{cursor === null ? "" : when(x[cursor], props)}</span>
        {lines.map((line, index) => <Key key={line.label} line={line} index={index} at={cursor} />)}
      </figcaption>
      <div ref={frame} class="plot" role="img" tabIndex={0} aria-label={`${props.label}. ${summary(props)}`} onKeyDown={move} />
    </figure>
  );
}

const when = (at: number | undefined, { when: name, days }: ChartProps): string =>
  at === undefined ? "" : name ? name(at, false) : days ? date(dateOf(at * 1000)) : dateTime(at * 1000);

function Key({ line, index, at }: { line: Line; index: number; at: number | null }) {
  const write = line.write ?? ((value: number) => number(value));
  const value = at === null ? undefined : line.values[at];
  const upto = at === null ? undefined : line.upto?.[at];
  const text = value === undefined ? "" : value === null ? "no data" : upto === undefined || upto === null ? write(value) : `${write(value)} – ${write(upto)}`;
  return <span class={`key ${line.kind ?? "line"} c-${line.colour ?? ["accent", "second", "third"][index % 3]}`}>{line.label} <b>{text}</b></span>;
}

/** The chart in a sentence: how many values, and from where to where. */
function summary(props: ChartProps): string {
  const { x, lines } = props;
  return lines.filter((line) => line.kind !== "band" || line.upto).map((line) => {
    const known = line.values.flatMap((value, at) => value === null ? [] : [{ value, at }]);
    const [first, last] = [known[0], known.at(-1)];
    if (!first || !last) return `${line.label}: no data.`;
    const write = line.write ?? ((value: number) => number(value));
    return `${line.label}: ${known.length} values from ${when(x[first.at], props)} (${write(first.value)}) to ${when(x[last.at], props)} (${write(last.value)}).`;
  }).join(" ");
}
