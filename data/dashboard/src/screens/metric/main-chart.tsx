// The stretch of time on show: bars of a total, or an average between least and most; beside it the time before (on the same
// axes) or another metric (below, under the same cursor: a second axis invites to see crossings that mean nothing).

import { useMemo } from "preact/hooks";

import { addDays, dateOf, daysBetween, instantOf, type Range, rangeOf, wall } from "../../lib/days.ts";
import { date, dateTime, title, unitOf } from "../../lib/format.ts";
import { type Daily, isTotal, type Stored, writer } from "../../lib/metrics.ts";
import { route } from "../../lib/router.ts";
import { smooth } from "../../lib/statistics.ts";
import { AsTable } from "../../parts/as-table.tsx";
import { Card } from "../../parts/card.tsx";
import { Chart, type Line, type Values } from "../../parts/chart.tsx";
import { usePng } from "../../parts/png.ts";
import { isKnown, type Series, useSeries } from "../../parts/series.ts";
import { named, type View, zoomTo } from "../../parts/spans.tsx";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { onlyDay, Why } from "../../parts/why.tsx";
import { inWords, usualBefore } from "./words.ts";

interface Props {
  stored: Stored;
  others: Stored[];
  view: View;
  source?: string;
  days?: Daily;
  /** The chart was drawn. */
  onDrawn: () => void;
}

/** Tells after the frame in which the browser has shown it. */
const drawn = (keep: (canvas: HTMLCanvasElement) => void, told: () => void) => (canvas: HTMLCanvasElement) => {
  keep(canvas);
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(told)));
};

const statsOf = (stored: Stored): string[] => (isTotal(stored) ? ["sum"] : ["avg", "min", "max"]);

/** Half a bucket of air at both ends, for a bar stands around its instant. */
function stretch({ x }: Series, { start, end }: Range): [number, number] | undefined {
  const [first, second, last] = [x[0], x[1], x.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const half = ((second ?? first + 86_400) - first) / 2;
  return [(start ? instantOf(start) : first) - half, (end ? instantOf(end) - 2 * half : last) + half];
}

function before({ span, zoomed, range: { start, end } }: View): Range | undefined {
  if (!start || !end) return undefined;
  return zoomed ? { start: addDays(start, -daysBetween(start, end)), end: start } : rangeOf(span, start);
}

/** Values of another stretch in the places of this one: those as far from its start, by the clock. */
function inPlace(here: Series, start: string, there: Series, from: string): Values {
  const [zero, other] = [Date.parse(start) / 1000, Date.parse(from) / 1000];
  const values = new Map(there.x.map((at, index) => [wall(at) - other, there.columns.sum?.[index] ?? there.columns.avg?.[index] ?? null]));
  return here.x.map((at) => values.get(wall(at) - zero) ?? null);
}

function linesOf(stored: Stored, { columns, unit }: Series, label = ""): Line[] {
  const write = writer(stored.name, unit);
  if (columns.sum) return [{ label: label || "Total", values: columns.sum, kind: "bars", colour: "accent", write }];
  const { avg = [], min = [], max = [] } = columns;
  const average: Line = { label: label || "Average", values: avg, colour: "accent", write };
  return min.some((value, at) => value !== max[at]) ? [{ label: "Range (min–max)", values: min, upto: max, kind: "band", colour: "accent", write }, average] : [average];
}

export function MainChart({ stored, others, view, source, days, onDrawn }: Props) {
  const { range } = view;
  const compare = route.value.query.get("compare");
  const other = others.find(({ name }) => name === compare);
  const earlier = compare === "before" ? before(view) : undefined;
  const series = useSeries(stored.name, view, { stats: statsOf(stored), whole: statsOf(stored), more: { source } });
  const bucket = series.data?.bucket;
  // What one source says alone needs no reason.
  const day = source === undefined ? onlyDay(range) : undefined;
  const then = useSeries(earlier && bucket ? stored.name : undefined, { range: earlier ?? {} }, { stats: statsOf(stored).slice(0, 1), whole: statsOf(stored), bucket, more: { source } });
  const usual = useMemo(() => days && usualBefore(days, range), [days, range.start, range.end]);
  const words = useMemo(() => days && series.data && inWords(stored, days, range, series.data, earlier && { range: earlier, mean: then.data?.whole.avg }), [days, range.start, range.end, series.data, then.data, compare]);

  const lines = useMemo(() => {
    if (!series.data) return [];
    const drawn = linesOf(stored, series.data);
    const { unit, x } = series.data;
    if (usual && bucket === "day" && range.start) {
      drawn.unshift({ label: "Usual range", values: x.map(() => usual.low), upto: x.map(() => usual.high), kind: "band", colour: "good", write: writer(stored.name, unit) });
    }
    if (earlier?.start && range.start && then.data) {
      const values = inPlace(series.data, range.start, then.data, earlier.start);
      const long = bucket === "day" && x.length > 62;
      drawn.push({ label: long ? "Previous period, 7-day mean" : "Previous period", values: long ? smooth(values) : values, dashed: true, colour: "second", write: writer(stored.name, unit) });
    }
    return drawn;
  }, [series.data, then.data, usual, compare]);
  const png = usePng(`${title(stored.name)}: ${named(range)}`, words?.[0] ?? "", lines);

  return (
    <Card wide title={bucket ? `By ${bucketName(bucket)}` : title(stored.name)}
      actions={series.data && <UseThis asked={series.data.asked} png={png.save} />}>
      {words && <div class="words">{words.map((sentence, at) => <p key={sentence} class={at ? "muted" : "lead"}>{sentence}</p>)}</div>}
      <Shown answer={series} isEmpty={({ x }) => !x.length} empty="No data for this period.">
        {(shown) => (
          <>
            <Chart label={title(stored.name)} x={shown.x} lines={lines} days={shown.days} span={stretch(shown, range)} height={260} sync="metric" onReady={drawn(png.onReady, onDrawn)} onZoom={zoom(shown)} />
            {other && <Other stored={other} view={view} bucket={shown.bucket} span={stretch(shown, range)} />}
            <AsTable head={["From", ...lines.filter(({ kind }) => kind !== "band").map(({ label }) => label), ...(shown.columns.min ? ["Least", "Most"] : [])]} rows={() => rows(shown, lines, stored)} />
          </>
        )}
      </Shown>
      {day && series.data && isKnown(series.data) && <Why key={day} metric={stored.name} day={day} />}
    </Card>
  );
}

function Other({ stored, view, bucket, span }: { stored: Stored; view: View; bucket: string; span?: [number, number] }) {
  const series = useSeries(stored.name, view, { stats: statsOf(stored), bucket });
  const lines = useMemo(() => (series.data ? linesOf(stored, series.data).map((line) => ({ ...line, colour: "third" })) : []), [series.data]);
  return (
    <section>
      <h3>{title(stored.name)}{series.data && unitOf(stored.name, series.data.unit) && ` in ${unitOf(stored.name, series.data.unit)}`}</h3>
      <Shown answer={series} isEmpty={({ x }) => !x.length} empty="No data for this period.">
        {(shown) => <Chart label={title(stored.name)} x={shown.x} lines={lines} days={shown.days} span={span} height={180} sync="metric" onZoom={zoom(shown)} />}
      </Shown>
    </section>
  );
}

/** A bar of a day stands around the midnight with which the day begins. */
const zoom = ({ days }: Series) => (from: number, to: number) => {
  const half = days ? 43_200 : 0;
  zoomTo(dateOf((from + half) * 1000), addDays(dateOf((to + half) * 1000), 1));
};

const bucketName = (bucket: string): string => (/^\d+m$/.test(bucket) ? `${bucket.slice(0, -1)} minutes` : bucket);

function rows({ x, days, columns, unit }: Series, lines: Line[], stored: Stored): (string | undefined)[][] {
  const write = writer(stored.name, unit);
  const told = [...lines.filter(({ kind }) => kind !== "band").map(({ values }) => values), ...(columns.min && columns.max ? [columns.min, columns.max] : [])];
  return x.map((at, index) => [
    days ? date(dateOf(at * 1000)) : dateTime(at * 1000),
    ...told.map((values) => { const value = values[index] ?? null; return value === null ? undefined : write(value); }),
  ]);
}
