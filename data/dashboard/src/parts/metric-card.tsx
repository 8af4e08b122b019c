// A metric over the stretch of time on show, as the screens of a topic have it: a total in bars, a level as a line, or a
// range between the lowest and the highest, with a sentence on what it was.

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";

import { addDays, dateOf } from "../lib/days.ts";
import { minutes, number, title } from "../lib/format.ts";
import { writer } from "../lib/metrics.ts";
import { href, route } from "../lib/router.ts";
import { known, mean } from "../lib/statistics.ts";
import { running, smoothed } from "../lib/trends.ts";
import { Card } from "./card.tsx";
import { Chart, type Line } from "./chart.tsx";
import { usePng } from "./png.ts";
import { isKnown, type Series, useSeries } from "./series.ts";
import { type View, zoomTo } from "./spans.tsx";
import { Shown } from "./state.tsx";
import { UseThis } from "./use-this.tsx";
import { onlyDay, Why } from "./why.tsx";

export type Kind = "total" | "level" | "range" | "trend";

export interface MetricCardProps {
  metric: string;
  kind: Kind;
  view: View;
  colour?: string;
  wide?: boolean;
  /** More lines over the same days, such as another metric in the same unit. */
  overlays?: Line[];
  /** What else is said of it. */
  remark?: (series: Series) => ComponentChildren;
}

/** Minutes of a day are told as hours. */
const writerOf = (metric: string, unit: string) => (unit === "min" ? minutes : writer(metric, unit));

/** What is asked of the whole stretch. */
export const wholeOf = (kind: Kind): string[] => (kind === "total" ? ["sum"] : ["avg", "min", "max"]);

const STATS: Record<Kind, string[]> = { total: ["sum"], level: ["avg"], range: ["avg", "min", "max"], trend: ["avg"] };

function lines({ metric, kind, colour, overlays = [] }: MetricCardProps, { columns, unit, days, bucket }: Series): Line[] {
  const write = writerOf(metric, unit);
  const { sum = [], avg = [], min = [], max = [] } = columns;
  const mean = (values: (number | null)[], span: number, name: string): Line => ({ label: `${span}-day mean`, values: running(values, span), colour: name, write });
  const long = bucket === "day" && (sum.length || avg.length) > 14;
  switch (kind) {
    case "total":
      return [{ label: days ? `Total of the ${bucket}` : "Total", values: sum, kind: "bars", colour, write }, ...(long ? [mean(sum, 7, "second"), mean(sum, 28, "third")] : []), ...overlays];
    case "range":
      return [{ label: "Lowest to highest", values: min, upto: max, kind: "band", colour, write }, { label: "Average", values: avg, colour, write }, ...overlays];
    case "trend":
      return [{ label: "Measured", values: avg, kind: "dots", colour, write }, { label: "Trend", values: smoothed(avg), colour: "second", write }, ...overlays];
    default:
      return [{ label: "Average", values: avg, kind: days ? "dots" : "line", colour, write }, ...(long ? [mean(avg, 7, "second")] : []), ...overlays];
  }
}

/** What the stretch comes to, in words. */
function sentence({ metric, kind }: MetricCardProps, { columns, whole, unit, bucket }: Series): string {
  const write = writerOf(metric, unit);
  const totals = known(columns.sum ?? []);
  if (kind === "total" && bucket === "day" && totals.length) return `${write(mean(totals))} a day on average, over ${number(totals.length)} days with data`;
  const { sum = null, avg = null, min = null, max = null } = whole;
  if (sum !== null) return `${write(sum)} in all`;
  if (avg === null) return "No data in this time.";
  return min === max ? `${write(avg)} throughout` : `${write(avg)} on average, between ${number(min)} and ${number(max)}`;
}

/** A day of which only the phone's own number is known has nothing to draw. */
const emptyOf = (series: Series): string => isKnown(series) ? "Only the number of the day is known, not how it came about." : "No data in this time.";

export function MetricCard(props: MetricCardProps) {
  const { metric, kind, view, wide, remark } = props;
  const answer = useSeries(metric, view, { stats: STATS[kind], whole: wholeOf(kind) });
  const data = answer.data;
  const day = onlyDay(view.range);
  const drawn = useMemo(() => (data ? lines(props, data) : []), [data, ...(props.overlays ?? []).map((line) => line.values)]);
  const png = usePng(title(metric), view.range.start ? `${view.range.start} to ${view.range.end}` : "everything", drawn);
  return (
    <Card
      title={<a href={href("metric", metric, Object.fromEntries(route.value.query))}>{title(metric)}</a>}
      note={data && sentence(props, data)}
      wide={wide}
      actions={data && <UseThis asked={data.asked} png={png.save} />}
    >
      <Shown answer={answer} isEmpty={({ x }) => x.length === 0} empty={data && emptyOf(data)}>
        {(series) => (
          <>
            {remark && <p class="muted">{remark(series)}</p>}
            <Chart label={title(metric)} x={series.x} lines={drawn} days={series.days} onReady={png.onReady} sync="topic"
              onZoom={(from, to) => zoomTo(dateOf(from * 1000), addDays(dateOf(to * 1000), 1))} />
          </>
        )}
      </Shown>
      {day && data && isKnown(data) && <Why key={day} metric={metric} day={day} />}
    </Card>
  );
}
