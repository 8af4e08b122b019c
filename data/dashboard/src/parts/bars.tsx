// Bars over local days or weeks, each made of parts that may float: stages of nights, the hours asleep, minutes of
// workouts. uPlot has no such bars; as one SVG path per colour, thousands of them are drawn at once.

import { useState } from "preact/hooks";

import { addDays, daysBetween } from "../lib/days.ts";
import { date as written } from "../lib/format.ts";
import { AsTable } from "./as-table.tsx";
import { useWidth } from "./width.ts";

/** The margins of the charts that uPlot draws, so that what stands above them lines up. */
export const LEFT = 48;
export const RIGHT = 25;

export interface Bar {
  date: string;
  parts: { from: number; to: number; colour: string; faint?: boolean }[];
  /** What it shows, in words. */
  text: string;
}

export interface BarsProps {
  label: string;
  bars: Bar[];
  /** The first day, and the day after the last one. */
  start: string;
  end: string;
  /** Days from one bar to the next. */
  step: number;
  /** Values at which a line is drawn, ascending; the first and the last are the edges. */
  ticks: number[];
  write: (value: number) => string;
  /** Later times of day lie lower. */
  down?: boolean;
  /** Horizontal lines, such as a median. */
  lines?: { at: number; colour: string }[];
  keys?: { label: string; colour: string }[];
  onPick?: (date: string) => void;
}

/** Multiples of the smallest of `steps` that needs at most `most` lines to reach from `low` to `high`. */
export function ticksOf(low: number, high: number, steps: number[], most = 6): number[] {
  const step = steps.find((one) => Math.ceil(high / one) - Math.floor(low / one) <= most) ?? steps.at(-1) ?? 1;
  const [from, to] = [Math.floor(low / step), Math.max(Math.ceil(high / step), Math.floor(low / step) + 1)];
  return Array.from({ length: to - from + 1 }, (_, index) => (from + index) * step);
}

/** Which bars have their date beneath: all that find room, of long stretches those that begin a month. */
function dates(start: string, many: number, step: number, width: number): { at: number; text: string }[] {
  const days = Array.from({ length: many }, (_, at) => ({ at, day: addDays(start, at * step) }));
  if (many * step <= 62) {
    const every = Math.ceil(58 / width);
    return days.filter(({ at }) => at % every === 0).map(({ at, day }) => ({ at, text: written(day, { day: "numeric", month: "short" }) }));
  }
  const months = [1, 2, 3, 6, 12, 24, 60].find((one) => (one * 30 * width) / step >= 42) ?? 120;
  const month = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
  return days.filter(({ day, at }) => at > 0 && month(day) !== month(addDays(day, -step)) && month(day) % months === 0)
    .map(({ at, day }) => ({ at, text: written(day, month(day) % 12 ? { month: "short" } : { year: "numeric" }) }));
}

const HEIGHT = 220;

export function Bars(props: BarsProps) {
  const { start, step, onPick } = props;
  const { frame, width } = useWidth();
  const [cursor, setCursor] = useState<number>();
  const many = Math.max(1, Math.ceil(daysBetween(start, props.end) / step));
  const slot = (width - LEFT - RIGHT) / many;
  const slotOf = (bar: Bar) => daysBetween(start, bar.date) / step;
  // While another stretch is on its way, the bars of the one before may lie outside.
  const bars = props.bars.filter((bar) => slotOf(bar) >= 0 && slotOf(bar) < many);
  const current = cursor === undefined ? undefined : bars[cursor];

  const point = (event: PointerEvent) => {
    const at = Math.floor((event.offsetX - LEFT) / slot);
    const found = bars.findIndex((bar) => slotOf(bar) === at);
    setCursor(found < 0 ? undefined : found);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "Enter" && current) return onPick?.(current.date);
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -bars.length, End: bars.length }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setCursor(Math.max(0, Math.min(bars.length - 1, (cursor ?? (by > 0 ? -1 : bars.length)) + by)));
  };

  return (
    <figure class="chart">
      <figcaption class="legend">
        {props.keys?.map(({ label, colour }) => <span class="key" key={label}><i style={{ background: `var(--${colour})` }} />{label}</span>)}
        <span class="said">{current ? <><b>{step > 1 ? `Week of ${written(current.date)}` : written(current.date)}</b> {current.text}</> : " "}</span>
      </figcaption>
      <div ref={frame} class="bars" style={{ height: `${HEIGHT}px` }} role="img" tabIndex={0} aria-label={`${props.label} The arrow keys go from bar to bar${onPick ? ", Enter opens one" : ""}. ${current ? `${written(current.date)}: ${current.text}` : ""}`} onKeyDown={key}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} class={onPick ? "picked" : undefined} onPointerMove={point} onPointerLeave={() => setCursor(undefined)} onClick={() => current && onPick?.(current.date)}>
            <Drawing {...props} bars={bars} width={width} slot={slot} many={many} slotOf={slotOf} at={current && slotOf(current)} />
          </svg>
        )}
      </div>
      <AsTable head={[step > 1 ? "Week of" : "Day", "What it shows"]} rows={() => bars.map((bar) => [written(bar.date), bar.text])} />
    </figure>
  );
}

function Drawing({ bars, start, step, ticks, write, down, lines, width, slot, many, slotOf, at }: BarsProps & {
  width: number;
  slot: number;
  many: number;
  slotOf: (bar: Bar) => number;
  at?: number;
}) {
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const y = (value: number) => {
    const share = (value - low) / (high - low);
    return 8 + (down ? share : 1 - share) * (HEIGHT - 34);
  };
  const paths = new Map<string, string>();
  const thick = slot < 3 ? slot : Math.min(slot * 0.78, 44);
  for (const bar of bars) {
    const x = LEFT + (slotOf(bar) + 0.5) * slot - thick / 2;
    for (const { from, to, colour, faint } of bar.parts) {
      const [top, height] = [Math.min(y(from), y(to)), Math.abs(y(from) - y(to))];
      const key = `${colour}${faint ? " faint" : ""}`;
      paths.set(key, `${paths.get(key) ?? ""}M${x.toFixed(1)} ${top.toFixed(1)}h${thick.toFixed(1)}v${height.toFixed(1)}h-${thick.toFixed(1)}z`);
    }
  }
  return (
    <>
      {ticks.map((tick) => (
        <g key={tick}>
          <line class="rule" x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">{write(tick)}</text>
        </g>
      ))}
      {at !== undefined && <rect class="at" x={LEFT + at * slot} width={Math.max(slot, 2)} y="4" height={HEIGHT - 28} />}
      {[...paths].map(([key, path]) => <path key={key} d={path} style={{ fill: `var(--${key.split(" ")[0]})`, opacity: key.endsWith("faint") ? 0.25 : 1 }} />)}
      {lines?.map(({ at: value, colour }) => (
        <g key={colour} class="median">
          <line x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} style={{ stroke: "var(--card)" }} />
          <line x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} style={{ stroke: `var(--${colour})` }} stroke-dasharray="6 4" />
        </g>
      ))}
      {dates(start, many, step, slot).map(({ at: place, text }) => <text key={place} x={LEFT + (place + 0.5) * slot} y={HEIGHT - 6} text-anchor="middle">{text}</text>)}
    </>
  );
}
