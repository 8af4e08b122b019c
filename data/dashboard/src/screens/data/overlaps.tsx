// How much two sources have counted of the same, in words: the sum of everything as it was sent, beside the sum of what counts.

import { useState } from "preact/hooks";

import { type Answer, useAnswer } from "../../lib/api.ts";
import { addDays, today } from "../../lib/days.ts";
import { number, title, unitOf } from "../../lib/format.ts";
import { isTotal, useMetrics } from "../../lib/metrics.ts";
import { type SourceEntry, sourceName } from "../../lib/sources.ts";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";

const DAYS = 30;

interface Sums {
  unit: string;
  columns: { sum: (number | null)[] };
}

export function Overlaps({ sources }: { sources: SourceEntry[] }) {
  const metrics = useMetrics().data?.metrics.filter((one) => isTotal(one) && one.sources.length > 1) ?? [];
  const [chosen, choose] = useState("");
  const metric = metrics.find(({ name }) => name === chosen) ?? metrics.find(({ name }) => name === "step_count") ?? metrics[0];
  return (
    <Card wide title="Counted by more than one" note={`the last ${DAYS} days`}>
      {!metric ? <p>Nothing can be counted twice: no total comes from two sources.</p> : (
        <>
          <label class="short">Metric
            <select value={metric.name} onChange={(event) => choose(event.currentTarget.value)}>{metrics.map(({ name }) => <option key={name} value={name}>{title(name)}</option>)}</select>
          </label>
          <Twice key={metric.name} metric={metric.name} names={sources.filter((one) => one.metrics.includes(metric.name)).map(({ name }) => sourceName(name)).join(" and ")} />
        </>
      )}
    </Card>
  );
}

function Twice({ metric, names }: { metric: string; names: string }) {
  const path = `/api/v1/aggregate/${encodeURIComponent(metric)}`;
  const params = { bucket: "day", stat: "sum", start: addDays(today(), 1 - DAYS), end: addDays(today(), 1), shape: "columns" };
  const all = useAnswer<Sums>(path, { ...params, dedupe: "none" });
  const once = useAnswer<Sums>(path, params);
  const both: Answer<[Sums, Sums]> = { data: all.data && once.data && [all.data, once.data], error: all.error ?? once.error, loading: all.loading || once.loading };
  return (
    <Shown answer={both}>
      {([sent, counted]) => {
        const [most, least] = [sum(sent), sum(counted)];
        const write = (value: number) => `${number(value, value < 100 ? 1 : 0)} ${unitOf(metric, counted.unit) || title(metric).toLowerCase()}`;
        return <p>{names} sent {write(most)}. {most - least > most / 1000 ? <>Of these <b>{write(most - least)}</b> were counted more than once, and count once: {write(least)}.</> : "Nothing was counted twice."}</p>;
      }}
    </Shown>
  );
}

const sum = ({ columns }: Sums): number => columns.sum.reduce<number>((all, value) => all + (value ?? 0), 0);
