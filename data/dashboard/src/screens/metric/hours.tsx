// The hours of the week: when in the week a metric is high. From twelve weeks, which is long enough to be a habit and short
// enough to be today's.

import { useMemo } from "preact/hooks";

import { addDays, today, wall } from "../../lib/days.ts";
import { date, title } from "../../lib/format.ts";
import { isTotal, type Stored, writer } from "../../lib/metrics.ts";
import { known, levels, mean } from "../../lib/statistics.ts";
import { AsTable } from "../../parts/as-table.tsx";
import { Card } from "../../parts/card.tsx";
import type { Values } from "../../parts/chart.tsx";
import { Heat, HeatKey } from "../../parts/heat.tsx";
import { type Series, useSeries } from "../../parts/series.ts";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";

const DAYS = Array.from({ length: 7 }, (_, at) => addDays("2001-01-01", at));
const weekdayName = (at: number, style: "short" | "long" = "short"): string => date(DAYS[at] ?? "", { weekday: style });
const hour = (at: number): string => `${String(at).padStart(2, "0")}:00`;

/** Hour by hour, seven weekdays each. Of a total, an hour without any counts as none, on days that have data at all. */
function week({ x, columns }: Series, total: boolean): Values {
  const cells: number[][] = Array.from({ length: 24 * 7 }, () => []);
  const clock = x.map((at) => wall(at) / 3600);
  const values = columns.sum ?? columns.avg ?? [];
  const withData = new Set(clock.flatMap((at, index) => (values[index] === null ? [] : [Math.floor(at / 24)])));
  clock.forEach((at, index) => {
    const value = values[index] ?? (total && withData.has(Math.floor(at / 24)) ? 0 : null);
    // The first of January 1970 was a Thursday.
    if (value !== null) cells[Math.floor(at % 24) * 7 + ((Math.floor(at / 24) + 3) % 7)]?.push(value);
  });
  return cells.map((found) => (found.length ? mean(found) : null));
}

export function Hours({ stored, source }: { stored: Stored; source?: string }) {
  const end = today();
  const total = isTotal(stored);
  const series = useSeries(stored.name, { range: { start: addDays(end, -84), end } }, { bucket: "hour", stats: [total ? "sum" : "avg"], more: { source } });
  const cells = useMemo(() => (series.data ? week(series.data, total) : []), [series.data]);
  const coarse = ["day", "week", "month", "year"].includes(series.data?.layer ?? "");
  return (
    <Card wide title="Hours of the week" note="the mean of the last 12 weeks" actions={series.data && <UseThis asked={series.data.asked} />}>
      <Shown answer={series} isEmpty={({ x }) => coarse || known(cells).length < 28 || !x.length}
        empty={coarse ? "This metric is stored by the day only, so nothing is known of its hours." : "There is too little of the last 12 weeks to tell."}>
        {({ unit }) => <Grid stored={stored} cells={cells} write={writer(stored.name, unit)} />}
      </Shown>
    </Card>
  );
}

function Grid({ stored, cells, write }: { stored: Stored; cells: Values; write: (value: number) => string }) {
  const limits = levels(cells);
  const highest = cells.reduce<number>((best, value, at) => ((value ?? -Infinity) > (cells[best] ?? -Infinity) ? at : best), 0);
  const tell = (at: number) => `${weekdayName(at % 7, "long")}, ${hour(Math.floor(at / 7))}: ${typeof cells[at] === "number" ? write(cells[at]) : "no data"}`;
  const rows = () => Array.from({ length: 24 }, (_, at) => [hour(at), ...DAYS.map((_, day) => { const value = cells[at * 7 + day] ?? null; return value === null ? undefined : write(value); })]);
  return (
    <>
      <Heat high label={`${title(stored.name)} by hour and weekday`} rows={7} cells={cells} limits={limits} tell={tell} summary={`Highest on ${tell(highest)}.`}
        rowNames={DAYS.map((_, at) => weekdayName(at))} columnNames={[0, 6, 12, 18].map(hour)} />
      <HeatKey limits={limits} write={write} />
      <AsTable head={["Hour", ...DAYS.map((_, at) => weekdayName(at))]} rows={rows} />
    </>
  );
}
