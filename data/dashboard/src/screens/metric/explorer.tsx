// One metric from all sides. Its days are asked for once and in full: the sentences, the calendar and the years are all
// made of them, whatever stretch of time the first chart shows.

import { useMemo, useState } from "preact/hooks";

import { title } from "../../lib/format.ts";
import { daily, hasValues, isTotal, type Stored, useMetrics } from "../../lib/metrics.ts";
import { href, route, setQuery } from "../../lib/router.ts";
import { session } from "../../lib/session.ts";
import { Near } from "../../parts/near.tsx";
import { useSeries } from "../../parts/series.ts";
import { Spans, useView, type View } from "../../parts/spans.tsx";
import { Shown } from "../../parts/state.tsx";
import { Calendar } from "./calendar.tsx";
import { Hours } from "./hours.tsx";
import { MainChart } from "./main-chart.tsx";
import { Years } from "./years.tsx";

export function Explorer({ name }: { name: string }) {
  const metrics = useMetrics();
  return (
    <>
      <h1>{title(name)}</h1>
      <Shown answer={metrics}>
        {({ metrics }) => {
          const stored = metrics.find((one) => one.name === name);
          if (!stored) return <p class="empty">No data for {title(name)}. <a href={href("metric")}>All metrics</a></p>;
          if (!hasValues(stored)) return <p class="empty">{title(name)} is shown under <a href={href("sleep")}>Sleep</a> or <a href={href("events")}>Events</a>.</p>;
          return <Explored stored={stored} others={metrics.filter((one) => one !== stored && hasValues(one))} />;
        }}
      </Shown>
    </>
  );
}

function Explored({ stored, others }: { stored: Stored; others: Stored[] }) {
  const view = useView();
  // What is asked first is shown first; a calendar of ten years is thousands of squares.
  const [drawn, setDrawn] = useState(false);
  const source = route.value.query.get("source") ?? undefined;
  // A short stretch is held against the days before it; a long one is drawn first.
  const asked = drawn || (view.span !== "All" && view.span !== "Y") ? stored.name : undefined;
  const everyDay = useSeries(asked, { range: {} }, { bucket: "day", stats: isTotal(stored) ? ["sum"] : ["avg", "min", "max"], more: { source } });
  const days = useMemo(() => everyDay.data && daily(everyDay.data.x, everyDay.data.columns), [everyDay.data]);
  return (
    <>
      <Spans view={view} />
      <Controls stored={stored} others={others} view={view} />
      <div class="grid topic">
        <MainChart stored={stored} others={others} view={view} source={source} days={days} onDrawn={() => setDrawn(true)} />
        {drawn && <Near><Calendar stored={stored} source={source} days={days} answer={everyDay} /></Near>}
        {drawn && <Near><Years stored={stored} source={source} days={days} answer={everyDay} /></Near>}
        {drawn && <Near><Hours stored={stored} source={source} /></Near>}
      </div>
      {session.value?.admin && (
        <p><a href={href("data", "deletions", { metric: stored.name, start: view.range.start, end: view.range.end })}>Delete or correct samples…</a></p>
      )}
    </>
  );
}

function Controls({ stored, others, view }: { stored: Stored; others: Stored[]; view: View }) {
  const { query } = route.value;
  return (
    <div class="controls">
      <label>
        Compare with
        <select value={query.get("compare") ?? ""} onChange={(event) => setQuery({ compare: event.currentTarget.value || undefined })}>
          <option value="">Nothing</option>
          <option value="before" disabled={!view.range.start}>Previous period</option>
          {others.map(({ name }) => <option key={name} value={name}>{title(name)}</option>)}
        </select>
      </label>
      {stored.sources.length > 1 && (
        <label>
          Source
          <select value={query.get("source") ?? ""} onChange={(event) => setQuery({ source: event.currentTarget.value || undefined })}>
            <option value="">All, overlaps counted once</option>
            {stored.sources.map((name) => <option key={name} value={name}>{name || "Without a name"}</option>)}
          </select>
        </label>
      )}
    </div>
  );
}
