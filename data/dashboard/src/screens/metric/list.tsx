// Every metric that is stored, by group. The latest values come with the answer for Today, in one request.

import { useState } from "preact/hooks";

import { useAnswer } from "../../lib/api.ts";
import { ago, count, minutes, title } from "../../lib/format.ts";
import { type Stored, useMetrics, writer } from "../../lib/metrics.ts";
import { href } from "../../lib/router.ts";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import { GROUP_NAMES, groupOf } from "./groups.ts";

interface Tile {
  metric: string;
  stat: string;
  unit: string;
  value: number | null;
}

export function MetricList() {
  const metrics = useMetrics();
  const today = useAnswer<{ tiles: Tile[] }>("/api/v1/today");
  const [search, setSearch] = useState("");
  const found = (all: Stored[]) => all.filter(({ name }) => `${name} ${title(name)}`.toLowerCase().includes(search.trim().toLowerCase().replaceAll(" ", "_")) || title(name).toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <>
      <h1>All metrics</h1>
      <div class="controls">
        <label>Search<input type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} /></label>
      </div>
      <Shown answer={metrics} isEmpty={({ metrics }) => !metrics.length} empty={<>No data yet. <a href={href("connect")}>Connect a phone</a></>}>
        {({ metrics }) => <Groups metrics={found(metrics)} tiles={today.data?.tiles ?? []} />}
      </Shown>
    </>
  );
}

function Groups({ metrics, tiles }: { metrics: Stored[]; tiles: Tile[] }) {
  if (!metrics.length) return <p class="empty">No metric is called that.</p>;
  return (
    <div class="metrics">
      {GROUP_NAMES.map((group) => ({ group, members: metrics.filter(({ name }) => groupOf(name) === group) })).filter(({ members }) => members.length).map(({ group, members }) => (
        <Card key={group} title={group}>
          <ul class="plain-list">{members.map((metric) => <Row key={metric.name} metric={metric} tile={tiles.find((tile) => tile.metric === metric.name)} />)}</ul>
        </Card>
      ))}
    </div>
  );
}

function Row({ metric, tile }: { metric: Stored; tile?: Tile }) {
  const { name, last, sources } = metric;
  const write = tile?.stat === "asleep_minutes" ? minutes : writer(name, tile?.unit ?? metric.unit);
  return (
    <li>
      <a href={name === "sleep_analysis" ? href("sleep") : href("metric", name)}>{title(name)}</a>
      <span>{tile && tile.value !== null && <><b>{write(tile.value)}</b> today</>}</span>
      <small>{ago(last)}, {count(metric.count, "sample")}{sources.length > 0 && ` from ${sources.length > 3 ? `${sources.slice(0, 2).join(", ")} and ${sources.length - 2} more` : sources.join(", ")}`}</small>
    </li>
  );
}
