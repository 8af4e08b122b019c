// The stages of a night over its time: a row for each stage, a bar for each stretch, stems from one to the next. The time
// in bed lies behind. It has the margins of the charts beneath it, so that a moment is at one place in all of them.

import { minutes, time } from "../../lib/format.ts";
import { type Night, parts, type Segment, type Stage } from "../../lib/nights.ts";
import { LEFT, RIGHT } from "../../parts/bars.tsx";
import { useWidth } from "../../parts/width.ts";

export const STAGE_NAMES: Record<Stage, string> = { awake: "Awake", rem: "REM", core: "Core", deep: "Deep", unspecified: "Asleep" };
export const colourOf = (stage: Stage): string => `sleep-${stage === "unspecified" ? "asleep" : stage}`;

export const stageOf = (segment: Segment): Stage => (segment.stage === "asleep" ? "unspecified" : segment.stage);
export const seconds = (at: string): number => Date.parse(at) / 1000;

/** From going to bed to getting up; who lies down for a nap as well was not in bed all day. */
export function extentOf({ in_bed_start, in_bed_end, start, end }: Night): [number, number] | undefined {
  const [from, to] = [start ?? in_bed_start, end ?? in_bed_end];
  if (!from || !to) return undefined;
  const near = (at: string | undefined, to: number) => (at && Math.abs(seconds(at) - to) < 3 * 3600 ? seconds(at) : to);
  const extent: [number, number] = [Math.min(seconds(from), near(in_bed_start, seconds(from))), Math.max(seconds(to), near(in_bed_end, seconds(to)))];
  return extent[1] > extent[0] ? extent : undefined;
}

const ROW = 30;
const TOP = 6;

export function Hypnogram({ night, extent: [from, to], at }: { night: Night; extent: [number, number]; at: number | null }) {
  const { frame, width } = useWidth();
  const segments = parts(night).main;
  const staged = segments.some((segment) => segment.stage !== "asleep");
  const rows = (["awake", "unspecified", "rem", "core", "deep"] as Stage[]).filter((stage) =>
    stage === "awake" || (stage === "unspecified" ? segments.some((one) => one.stage === "asleep") : staged));
  const x = (moment: number) => LEFT + ((moment - from) / (to - from)) * (width - LEFT - RIGHT);
  const middle = (stage: Stage) => TOP + (rows.indexOf(stage) + 0.5) * ROW;
  const ground = TOP + rows.length * ROW;
  return (
    <div ref={frame} class="hypnogram" style={{ height: `${ground + 24}px` }} role="img" aria-label={`The stages of the night. ${told(segments)}`}>
      {width > 0 && (
        <svg width={width} height={ground + 24}>
          {night.in_bed_start && night.in_bed_end && (
            <rect class="bed" x={x(Math.max(from, seconds(night.in_bed_start)))} width={Math.max(0, x(Math.min(to, seconds(night.in_bed_end))) - x(Math.max(from, seconds(night.in_bed_start))))} y={TOP} height={rows.length * ROW}>
              <title>In bed {time(night.in_bed_start)} – {time(night.in_bed_end)}</title>
            </rect>
          )}
          {rows.map((stage) => (
            <g key={stage}>
              <line class="rule" x1={LEFT} x2={width - RIGHT} y1={middle(stage)} y2={middle(stage)} />
              <text x={LEFT - 6} y={middle(stage) + 4} text-anchor="end">{STAGE_NAMES[stage]}</text>
            </g>
          ))}
          <path class="stem" d={stems(segments, x, middle)} />
          {segments.map((segment) => <Stretch key={segment.start} segment={segment} left={x(seconds(segment.start))} right={x(seconds(segment.end))} y={middle(stageOf(segment))} />)}
          {hours(night, from, to, width).map((moment) => <text key={moment} x={x(moment)} y={ground + 17} text-anchor="middle">{time(moment * 1000)}</text>)}
          {at !== null && <line class="cursor" x1={x(at)} x2={x(at)} y1={TOP} y2={ground} />}
        </svg>
      )}
    </div>
  );
}

function Stretch({ segment, left, right, y }: { segment: Segment; left: number; right: number; y: number }) {
  const stage = stageOf(segment);
  return (
    <rect x={left} width={Math.max(1, right - left)} y={y - 9} height="18" rx={Math.min(4, (right - left) / 2)} style={{ fill: `var(--${colourOf(stage)})` }}>
      <title>{STAGE_NAMES[stage]} {time(segment.start)} – {time(segment.end)}, {minutes((seconds(segment.end) - seconds(segment.start)) / 60)}</title>
    </rect>
  );
}

/** Only where one stretch goes over into the next: what lies between two of them is not known. */
function stems(segments: Segment[], x: (moment: number) => number, middle: (stage: Stage) => number): string {
  return segments.map((segment, index) => {
    const next = segments[index + 1];
    if (!next || next.start !== segment.end) return "";
    return `M${x(seconds(next.start)).toFixed(1)} ${middle(stageOf(segment))}V${middle(stageOf(next))}`;
  }).join("");
}

/** Whole local hours, as many as find room. */
function hours({ start, in_bed_start, segments }: Night, from: number, to: number, width: number): number[] {
  const written = start ?? in_bed_start ?? segments[0]?.start ?? "";
  const shift = Math.round((Date.parse(`${written.slice(0, 19)}Z`) - Date.parse(written)) / 1000);
  const room = Math.max(1, Math.floor((width - LEFT - RIGHT) / 56));
  const step = 3600 * ([1, 2, 3, 4, 6].find((one) => (to - from) / 3600 / one <= room) ?? 12);
  const first = Math.ceil((from + shift) / step) * step - shift;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step);
}

const told = (segments: Segment[]): string =>
  segments.map((segment) => `${STAGE_NAMES[stageOf(segment)]} from ${time(segment.start)} to ${time(segment.end)}`).join(", ");
