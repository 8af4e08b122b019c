// One kind of data, day by day: how much came on each, and where it has holes.

import { useMemo } from "preact/hooks";

import { dateOf } from "../../lib/days.ts";
import { ago, count, date, dateTime } from "../../lib/format.ts";
import { type Daily, useMetrics } from "../../lib/metrics.ts";
import { href } from "../../lib/router.ts";
import { levels } from "../../lib/statistics.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { HeatKey } from "../../parts/heat.tsx";
import { useSeries } from "../../parts/series.ts";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { Year, yearsOf } from "../metric/calendar.tsx";
import { nameOf } from "./words.ts";

export interface Entry {
  name: string;
  kind: "metric" | "sleep" | "workouts" | "events";
  first: string;
  last: string;
  last_delivery?: string;
  days: number;
  of_days: number;
  usual_interval_days?: number;
  /** Local dates: `from` is the first without data, `to` the day on which it goes on. */
  gaps: { from: string; to: string; days: number }[];
  stopped?: { since: string; days_ago: number };
  /** Of the last 30 days: samples that arrived more than a day after they had happened. */
  late: number;
}

export function Followed({ entry, close }: { entry: Entry; close: () => void }) {
  const { name, kind, gaps } = entry;
  const metric = kind === "metric" ? name : kind === "sleep" ? "sleep_analysis" : undefined;
  return (
    <Dialog title={nameOf(name)} close={close}>
      <p>
        {count(entry.days, "day")} with data of {count(entry.of_days, "day")} since {date(dateOf(entry.first))}
        ; the last of {dateTime(entry.last)}{entry.last_delivery && `, delivered ${ago(entry.last_delivery)}`}.
      </p>
      {metric && <Days metric={metric} />}
      <h3>Gaps</h3>
      {gaps.length ? (
        <ul>{gaps.toReversed().map((gap) => <li key={gap.from}>{count(gap.days, "day")} without data from {date(gap.from)}; on again {date(gap.to)}</li>)}</ul>
      ) : <p>No pause was longer than three times the usual.</p>}
      <p><a href={kind === "metric" ? href("metric", name) : href(kind)}>Look at its values</a></p>
    </Dialog>
  );
}

function Days({ metric }: { metric: string }) {
  const stored = useMetrics().data?.metrics.find(({ name }) => name === metric);
  const answer = useSeries(metric, { range: {} }, { stats: ["count"], bucket: "day" });
  const days = useMemo((): Daily | undefined => {
    const first = answer.data?.x[0];
    return first === undefined ? undefined : { first: dateOf(first * 1000), values: answer.data?.columns.count ?? [] };
  }, [answer.data]);
  const limits = useMemo(() => levels(days?.values ?? []), [days]);
  const write = (many: number) => count(many, "sample");
  return (
    <>
      <div class="heading actions"><h3>Samples of each day</h3>{answer.data && <UseThis asked={answer.data.asked} />}</div>
      <Shown answer={answer}>
        {() => days && stored && (
          <>
            {yearsOf(days).map((year) => <Year key={year} year={year} stored={{ ...stored, kind: "cumulative" }} days={days} limits={limits} write={write} />)}
            <HeatKey limits={limits} write={write} />
          </>
        )}
      </Shown>
    </>
  );
}
