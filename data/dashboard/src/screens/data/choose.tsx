// What is to be deleted. The kind and what is chosen so far stand in the address, so that other screens can link here.

import { useState } from "preact/hooks";

import { addDays } from "../../lib/days.ts";
import { title } from "../../lib/format.ts";
import { useMetrics } from "../../lib/metrics.ts";
import { route, setQuery } from "../../lib/router.ts";
import { useSources } from "../../lib/sources.ts";
import { Listed, LISTS } from "./listed.tsx";
import { Remove, type Target } from "./remove.tsx";
import { Samples } from "./samples.tsx";

const KINDS: Record<string, string> = { range: "A date range", samples: "Single samples", source: "A source", delivery: "A delivery", workout: "A workout", event: "An event" };

export function Choose() {
  const query = route.value.query;
  const kind = query.get("kind") ?? "range";
  const [target, setTarget] = useState<Target>();
  const Form = kind === "samples" ? Samples : Stretch;
  return (
    <>
      <div class="chips" role="group" aria-label="What to delete">
        {Object.entries(KINDS).map(([name, words]) => <button key={name} type="button" class="quiet" aria-pressed={name === kind} onClick={() => setQuery({ kind: name })}>{words}</button>)}
      </div>
      {kind in LISTS ? <Listed key={kind} kind={kind} choose={setTarget} /> : <Form choose={setTarget} />}
      {target && <Remove target={target} close={() => setTarget(undefined)} />}
    </>
  );
}

export interface FormProps {
  choose: (target: Target) => void;
}

export function MetricChoice({ name, all }: { name: string; all?: string }) {
  const metrics = useMetrics();
  return (
    <label>Metric
      <select value={name} onChange={(event) => setQuery({ metric: event.currentTarget.value || undefined, source: undefined })}>
        <option value="">{all ?? "Choose…"}</option>
        {metrics.data?.metrics.map((one) => <option key={one.name} value={one.name}>{title(one.name)}</option>)}
      </select>
    </label>
  );
}

/** A link may bring an instant, or what somebody has typed. */
export const day = (text: string | null): string => text?.match(/^\d{4}-\d\d-\d\d/)?.[0] ?? "";

function Stretch({ choose }: FormProps) {
  const { query } = route.value;
  const [metric, source] = [query.get("metric") ?? "", query.get("source") ?? ""];
  const [start, end] = [day(query.get("start")), day(query.get("end"))];
  const last = end && addDays(end, -1);
  const sources = useSources().data?.sources.filter((one) => one.name && (!metric || one.metrics.includes(metric))) ?? [];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    choose({ range: { metric: metric || undefined, source: source || undefined, start, end } });
  };
  return (
    <form class="row" onSubmit={submit}>
      <MetricChoice name={metric} all="All metrics" />
      <label>First day <input type="date" required value={start} onChange={(event) => setQuery({ start: event.currentTarget.value || undefined })} /></label>
      <label>Last day
        <input type="date" required value={last} onChange={(event) => setQuery({ end: event.currentTarget.value ? addDays(event.currentTarget.value, 1) : undefined })} />
      </label>
      <label>Source
        <select value={source} onChange={(event) => setQuery({ source: event.currentTarget.value || undefined })}>
          <option value="">All sources</option>
          {sources.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <button type="submit">Preview…</button>
    </form>
  );
}
