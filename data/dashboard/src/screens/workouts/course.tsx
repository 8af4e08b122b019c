// Where a workout went, drawn on nothing: a map beneath it would tell its maker where one lives. Small as a route is, the
// earth is flat around its middle: degrees of longitude shrink with the latitude, and one scale holds in every direction.

import { useMemo, useState } from "preact/hooks";

import { along, type Place, speeds } from "../../lib/course.ts";
import { time } from "../../lib/format.ts";
import { length, rate, speed } from "../../lib/workouts.ts";
import { Card } from "../../parts/card.tsx";
import { useWidth } from "../../parts/width.ts";
import { imperial } from "./list.tsx";

const HEIGHT = 340;
const EDGE = 24;
const CLASSES = 5;

interface Dot {
  x: number;
  y: number;
}

/** Places on a sheet of this width, and how many metres a pixel is. North is up. */
function flat(way: Place[], width: number): { dots: Dot[]; metres: number } {
  const [south, north] = edges(way.map(({ latitude }) => latitude));
  const middle = ((south + north) / 2) * (Math.PI / 180);
  // Across the date line, the shorter way round.
  const first = way[0]?.longitude ?? 0;
  const east = way.map(({ longitude }) => ((((longitude - first + 540) % 360) + 360) % 360) - 180);
  const [low, high] = edges(east);
  const shrink = Math.max(0.01, Math.cos(middle));
  const scale = Math.min((width - 2 * EDGE) / Math.max(1e-5, (high - low) * shrink), (HEIGHT - 2 * EDGE - 16) / Math.max(1e-5, north - south));
  const [left, top] = [(width - (high - low) * shrink * scale) / 2, (HEIGHT - 16 - (north - south) * scale) / 2];
  const dots = way.map(({ latitude }, index) => ({ x: left + ((east[index] ?? 0) - low) * shrink * scale, y: top + (north - latitude) * scale }));
  return { dots, metres: 111_195 / scale };
}

/** Without spreading: a route may have more positions than a call may have arguments. */
const edges = (values: number[]): [number, number] => values.reduce<[number, number]>(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);

/** The borders between classes of speed that are equally long. */
function borders(fast: (number | null)[]): number[] {
  const known = fast.filter((one) => one !== null).sort((a, b) => a - b);
  return Array.from({ length: CLASSES - 1 }, (_, index) => known[Math.floor(((index + 1) * known.length) / CLASSES)] ?? 0);
}

/** A path for each class; broken where nothing was recorded for two minutes. */
function paths(way: Place[], dots: Dot[], fast: (number | null)[], limits: number[]): string[] {
  const found = Array.from({ length: CLASSES }, () => "");
  let last = -1;
  for (let index = 1; index < way.length; index++) {
    const [a, b] = [dots[index - 1], dots[index]];
    const apart = (way[index]?.at ?? 0) - (way[index - 1]?.at ?? 0) > 120;
    if (!a || !b || apart) {
      last = -1;
      continue;
    }
    const own = limits.filter((limit) => (fast[index] ?? 0) >= limit).length;
    found[own] += `${own === last ? "" : `M${a.x.toFixed(1)} ${a.y.toFixed(1)}`}L${b.x.toFixed(1)} ${b.y.toFixed(1)}`;
    last = own;
  }
  return found;
}

export function Course({ way, at, path, activity }: { way: Place[]; at: number | null; path: string; activity: string }) {
  const { frame, width } = useWidth();
  const [under, setUnder] = useState<number>();
  const { metres, fast, limits } = useMemo(() => {
    const done = along(way);
    const fast = speeds(way, done);
    return { metres: done, fast, limits: borders(fast) };
  }, [way]);
  const sheet = useMemo(() => flat(way, Math.max(width, 100)), [way, width]);
  const lines = useMemo(() => paths(way, sheet.dots, fast, limits), [sheet]);
  const here = under ?? (at === null ? undefined : nearest(way, at));
  const quick = (value: number) => rate(activity, value, 1, imperial())?.text ?? speed(value, imperial());
  const point = (event: PointerEvent) => setUnder(closest(sheet.dots, event.offsetX, event.offsetY));
  return (
    <Card
      title="Route" note="North is up. Drawn here, without a map: nothing is fetched from any map server."
      actions={<><a class="button quiet" href={`${path}?format=gpx`} download={`workout-${path.split("/").at(-2)}.gpx`}>GPX</a><a class="button quiet" href={path} download={`workout-${path.split("/").at(-2)}.geojson`}>GeoJSON</a></>}
    >
      <p class="legend">
        {limits.length > 0 && Array.from({ length: CLASSES }, (_, index) => (
          <span class="key" key={index}><i class={`pace-${index}`} />{index ? `from ${quick(limits[index - 1] ?? 0)}` : "slowest"}</span>
        ))}
        <span class="said">{here === undefined ? " " : `${time((way[here]?.at ?? 0) * 1000)}: ${length(metres[here] ?? 0, imperial())}${fast[here] ? `, ${quick(fast[here])}` : ""}`}</span>
      </p>
      <div ref={frame} class="course" style={{ height: `${HEIGHT}px` }}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="img" aria-label={`The route: ${length(metres.at(-1) ?? 0, imperial())} from the start, the filled circle, to the end, the square.`} onPointerMove={point} onPointerLeave={() => setUnder(undefined)}>
            {lines.map((line, index) => <path key={index} d={line} class={`pace-${index}`} />)}
            <Marks sheet={sheet} here={here} />
          </svg>
        )}
      </div>
    </Card>
  );
}

function Marks({ sheet: { dots, metres }, here }: { sheet: { dots: Dot[]; metres: number }; here?: number }) {
  const [first, last, spot] = [dots[0], dots.at(-1), here === undefined ? undefined : dots[here]];
  const bar = scaleBar(metres * 110);
  const pixels = bar.metres / metres;
  return (
    <>
      {last && <rect class="end" x={last.x - 5} y={last.y - 5} width="10" height="10"><title>End</title></rect>}
      {first && <circle class="end start" cx={first.x} cy={first.y} r="6"><title>Start</title></circle>}
      {spot && <circle class="here" cx={spot.x} cy={spot.y} r="6" />}
      <path class="scale" d={`M8 ${HEIGHT - 16}v6h${pixels.toFixed(1)}v-6`} />
      <text x={14 + pixels} y={HEIGHT - 9}>{bar.text}</text>
    </>
  );
}

/** The longest round length within so many metres. */
function scaleBar(most: number): { metres: number; text: string } {
  const foot = imperial() ? 0.3048 : 1;
  const long = most / foot >= (imperial() ? 5280 : 1000);
  const unit = long ? (imperial() ? 1609.344 : 1000) : foot;
  const power = 10 ** Math.floor(Math.log10(most / unit));
  const round = ([5, 2, 1].find((one) => one * power <= most / unit) ?? 1) * power;
  return { metres: round * unit, text: `${round} ${long ? (imperial() ? "mi" : "km") : imperial() ? "ft" : "m"}` };
}

/** The last place reached by then. */
function nearest(way: Place[], at: number): number {
  return Math.max(0, way.findLastIndex((place) => place.at <= at));
}

function closest(dots: Dot[], x: number, y: number): number | undefined {
  let [best, far]: [number | undefined, number] = [undefined, 40 ** 2];
  dots.forEach((dot, index) => {
    const away = (dot.x - x) ** 2 + (dot.y - y) ** 2;
    if (away < far) [best, far] = [index, away];
  });
  return best;
}
