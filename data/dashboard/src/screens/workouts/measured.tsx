// What was measured over the time of a workout, under one cursor. Where the workout came without a heart rate of its own,
// what the watch recorded at that time anyway is shown.

import { useMemo } from "preact/hooks";

import { useAnswer } from "../../lib/api.ts";
import { along, type Place, speeds, type Stretch } from "../../lib/course.ts";
import { number, time, title, unitOf } from "../../lib/format.ts";
import { joined, type Point, silence } from "../../lib/gaps.ts";
import { rate, speed } from "../../lib/workouts.ts";
import { Card } from "../../parts/card.tsx";
import { Chart } from "../../parts/chart.tsx";
import { usePng } from "../../parts/png.ts";
import { type Asked, UseThis } from "../../parts/use-this.tsx";
import { imperial } from "./list.tsx";
import type { Whole } from "./one.tsx";
import { Zones } from "./zones.tsx";

interface Column {
  name: string;
  unit: string;
  times: string[];
  values: (number | null)[];
}

interface Curve {
  name: string;
  unit: string;
  points: Point[];
  bars?: boolean;
  write: (value: number) => string;
  colour: string;
  asked?: Asked;
  note?: string;
}

interface Props {
  workout: Whole;
  span: [number, number];
  paused: Stretch[];
  way: Place[];
  onCursor: (at: number | null) => void;
}

export function Measured({ workout, span, paused, way, onCursor }: Props) {
  const path = `/api/v1/workouts/${workout.id}/series`;
  const own = workout.series.includes("heart_rate");
  const series = useAnswer<{ series: Column[] }>(workout.series.length ? path : undefined);
  const minute = { path: "/api/v1/aggregate/heart_rate", params: { bucket: "1m", stat: "avg", start: workout.start, end: workout.end, layer: "raw" } };
  const around = useAnswer<{ points: { start: string; avg: number }[] }>(own ? undefined : minute.path, minute.params);

  const heart = useMemo<Point[]>(() => own
    ? pointsOf(series.data?.series.find(({ name }) => name === "heart_rate"))
    : (around.data?.points ?? []).map(({ start, avg }) => ({ at: Date.parse(start) / 1000, value: avg })), [series.data, around.data]);
  const others = useMemo<Curve[]>(() => [
    ...travelled(way, workout.type),
    ...(series.data?.series ?? []).filter(({ name, times }) => name !== "heart_rate" && times.length > 1).map((column): Curve => ({
      name: column.name, unit: unitOf(column.name, column.unit), points: pointsOf(column), bars: SUMS.test(column.unit), colour: "third", write: (value) => `${number(value)} ${unitOf(column.name, column.unit)}`,
      asked: { path, params: { name: column.name } },
    })),
  ], [series.data, way]);

  if (series.loading || around.loading) return <p class="wide muted" role="status">Loading…</p>;
  const beats: Curve = {
    name: "heart_rate", unit: "bpm", points: heart, colour: "heart", write: (value) => `${number(value, 0)} bpm`,
    asked: own ? { path, params: { name: "heart_rate" } } : minute,
    note: own ? undefined : "From what was recorded at that time; the workout itself came without.",
  };
  return (
    <>
      {heart.length ? <Drawn curve={beats} span={span} onCursor={onCursor} wide={false} height={300} /> : <Card title="Heart rate"><p class="empty">No heart rate was measured during this workout.</p></Card>}
      {heart.length ? <Zones points={heart} peak={workout.figures.heart_rate?.max ?? 0} span={span} paused={paused} /> : null}
      {others.map((curve) => <Drawn key={curve.name} curve={curve} span={span} onCursor={onCursor} wide={others.length === 1} />)}
    </>
  );
}

const pointsOf = (column?: Column): Point[] =>
  (column?.times ?? []).map((at, index) => ({ at: Date.parse(at) / 1000, value: column?.values[index] ?? null }));

/** A chart has no use for more points than it has pixels. */
function thinned<T>(all: T[], most = 600): T[] {
  const every = Math.ceil(all.length / most);
  return all.filter((_, index) => index % every === 0);
}

/** What the positions tell: how fast, and how high. */
function travelled(way: Place[], activity: string): Curve[] {
  if (way.length < 2) return [];
  const fast = speeds(way, along(way));
  const factor = imperial() ? 3600 / 1609.344 : 3.6;
  const foot = imperial() ? 0.3048 : 1;
  const high = way.some(({ altitude }) => altitude !== undefined);
  const write = (value: number) => {
    const text = rate(activity, value / factor, 1, imperial());
    return `${speed(value / factor, imperial())}${text?.label === "Pace" ? ` (${text.text})` : ""}`;
  };
  return [
    { name: "speed", unit: imperial() ? "mph" : "km/h", colour: "accent", write, points: thinned(way.map(({ at }, index) => ({ at, value: fast[index] == null ? null : fast[index] * factor }))), note: "From the positions, over half a minute each." },
    ...(high ? [{ name: "elevation", unit: imperial() ? "ft" : "m", colour: "good", write: (value: number) => `${number(value, 0)} ${imperial() ? "ft" : "m"}`, points: thinned(way.map(({ at, altitude }) => ({ at, value: altitude === undefined ? null : altitude / foot }))) }] : []),
  ];
}

/** Units of what adds up: how much in a minute, not how high at a moment. */
const SUMS = /^(count|kcal|kJ|km|m|mi|yd|ft)$/;

function Drawn({ curve, span, onCursor, wide, height = 180 }: { curve: Curve; span: [number, number]; onCursor: (at: number | null) => void; wide: boolean; height?: number }) {
  const { name, points, bars, write, colour, asked, note } = curve;
  const label = curve.unit ? `${title(name)} (${curve.unit})` : title(name);
  const { x, values } = useMemo(() => joined(points, bars ? Infinity : silence(points, 120)), [points]);
  // Recovery is measured when the workout is over.
  const after = (points.at(-1)?.at ?? 0) > span[1] + 60;
  const png = usePng(title(name), time(span[0] * 1000), [{ label, colour }]);
  return (
    <Card wide={wide} title={title(name)} note={after ? "After the end of the workout." : note} actions={asked && <UseThis asked={asked} png={png.save} />}>
      <Chart
        label={`${title(name)} during the workout`} x={x} lines={[{ label, values, colour, write, kind: bars ? "bars" : "line" }]} height={height} sync={after ? undefined : "workout"}
        span={after ? undefined : span} when={(at) => time(at * 1000)} onCursor={onCursor} onReady={png.onReady}
      />
    </Card>
  );
}
