// A dot for each pair of days, and the line through them.

import { line, type Pairs } from "../../lib/statistics.ts";
import { useWidth } from "../../parts/width.ts";

interface Side {
  name: string;
  write: (value: number) => string;
  /** What round numbers are multiples of: 60 of minutes, which are written as hours. */
  base?: number;
}

/** About five round numbers from low to high. */
export function ticks(low: number, high: number): number[] {
  const rough = (high - low || 1) / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  const apart = ([1, 2, 2.5, 5, 10].find((one) => one * size >= rough) ?? 10) * size;
  const first = Math.ceil(low / apart);
  return Array.from({ length: Math.max(0, Math.floor(high / apart) - first + 1) }, (_, at) => (first + at) * apart);
}

const HEIGHT = 340;
const LEFT = 76;
const BOTTOM = 44;
const TOP = 24;

export function Scatter({ pairs, x, y, label }: { pairs: Pairs; x: Side; y: Side; label: string }) {
  const { frame, width } = useWidth();
  const scale = (values: number[], from: number, to: number) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return { low, high, place: (value: number) => from + ((value - low) / (high - low || 1)) * (to - from) };
  };
  const across = scale(pairs.x, LEFT + 8, width - 14);
  const up = scale(pairs.y, HEIGHT - BOTTOM - 8, TOP + 6);
  const [slope, height] = line(pairs);
  const ends = clip(across.low, across.high, slope, height, up.low, up.high);
  const [left, right] = [ends[0] ?? 0, ends[1] ?? 0];
  const shown = round(across, x);
  const every = Math.ceil(shown.length / Math.max(2, Math.floor((width - LEFT) / 100)));
  return (
    <div ref={frame}>
      {width > 0 && (
        <svg class="scatter" width={width} height={HEIGHT} role="img" aria-label={label}>
          {round(up, y).map((tick) => (
            <g key={tick}>
              <line class="grid-line" x1={LEFT} x2={width} y1={up.place(tick)} y2={up.place(tick)} />
              <text x={LEFT - 6} y={up.place(tick) + 4} text-anchor="end">{y.write(tick)}</text>
            </g>
          ))}
          {shown.filter((_, at) => at % every === 0).map((tick) => (
            <g key={tick}>
              <line class="grid-line" x1={across.place(tick)} x2={across.place(tick)} y1={TOP} y2={HEIGHT - BOTTOM} />
              <text x={across.place(tick)} y={HEIGHT - BOTTOM + 17} text-anchor="middle">{x.write(tick)}</text>
            </g>
          ))}
          {pairs.x.map((value, at) => <circle key={at} cx={across.place(value)} cy={up.place(pairs.y[at] ?? 0)} r="3.5" />)}
          <line class="fit" x1={across.place(left)} x2={across.place(right)} y1={up.place(height + slope * left)} y2={up.place(height + slope * right)} />
          <text x={width} y={HEIGHT - 6} text-anchor="end">{x.name} →</text>
          <text x={0} y={12}>↑ {y.name}</text>
        </svg>
      )}
    </div>
  );
}

const round = ({ low, high }: { low: number; high: number }, { base = 1 }: Side): number[] => ticks(low / base, high / base).map((tick) => tick * base);

/** Where a line is within the picture. */
function clip(low: number, high: number, slope: number, height: number, bottom: number, top: number): [number, number] {
  if (!slope) return [low, high];
  const [a, b] = [(bottom - height) / slope, (top - height) / slope];
  return [Math.max(low, Math.min(a, b)), Math.min(high, Math.max(a, b))];
}
