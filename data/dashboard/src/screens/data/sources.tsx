// What has measured, and whom to believe where two have measured the same moment: in everything, or in a category or metric that
// has an order of its own. Which of them is shown stands in the address, as in `#/data/sources?of=category:sleep`.

import type { Params } from "../../lib/api.ts";
import { title } from "../../lib/format.ts";
import { type Stored, useMetrics } from "../../lib/metrics.ts";
import { route, setQuery } from "../../lib/router.ts";
import { CATEGORIES, orderName, type SourceEntry, useSources } from "../../lib/sources.ts";
import { Shown } from "../../parts/state.tsx";
import { Order } from "./order.tsx";
import { Overlaps } from "./overlaps.tsx";

export function Sources() {
  const of = route.value.query.get("of") ?? "";
  const about = matter(of);
  const answer = useSources(about);
  const metrics = useMetrics().data?.metrics ?? [];
  return (
    <Shown answer={answer} isEmpty={({ sources }) => !sources.length} empty="Nothing has measured yet.">
      {({ sources, orders }) => {
        const concerned = sources.filter(concerns(about, metrics));
        const own = orders.some((order) => orderName(order) === orderName(about));
        return (
          <div class="grid">
            <Order key={[of, ...concerned.map(({ name }) => name)].join("\n")} about={about} sources={concerned} own={own} choice={<Choice of={of} metrics={metrics} />} />
            <Overlaps sources={sources} />
          </div>
        );
      }}
    </Shown>
  );
}

/** `category:sleep` as the server's parameters. */
function matter(of: string): Params & { metric?: string; category?: string } {
  const [kind, name] = of.split(":");
  return kind === "metric" ? { metric: name } : kind === "category" ? { category: name } : {};
}

/** Whether a source has measured anything that the order is about; who has recorded workouts is not known here. */
const concerns = ({ metric, category }: { metric?: string; category?: string }, all: Stored[]) => ({ metrics }: SourceEntry): boolean => {
  if (metric) return metrics.includes(metric);
  if (!category || category === "workouts") return true;
  return all.some((one) => one.category === category && metrics.includes(one.name));
};

function Choice({ of, metrics }: { of: string; metrics: Stored[] }) {
  const several = metrics.filter(({ name, sources }) => sources.length > 1 || of === `metric:${name}`);
  return (
    <label class="short">Order of
      <select value={of} onChange={(event) => setQuery({ of: event.currentTarget.value || undefined })}>
        <option value="">Everything</option>
        <optgroup label="Of a category">
          {Object.entries(CATEGORIES).map(([name, words]) => <option key={name} value={`category:${name}`}>{words}</option>)}
        </optgroup>
        {several.length > 0 && (
          <optgroup label="Of one metric">
            {several.map(({ name }) => <option key={name} value={`metric:${name}`}>{title(name)}</option>)}
          </optgroup>
        )}
      </select>
    </label>
  );
}
