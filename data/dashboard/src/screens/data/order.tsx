// The sources in the order in which they are believed, and the buttons that change it.

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";

import { type Params, send } from "../../lib/api.ts";
import { dateOf } from "../../lib/days.ts";
import { count, date } from "../../lib/format.ts";
import { session } from "../../lib/session.ts";
import { type SourceEntry, sourceName } from "../../lib/sources.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Remove } from "./remove.tsx";
import { nameOf } from "./words.ts";

/** How the server compares names: two that are alike to it are one in an order. */
const alike = (name: string): string => name.trim().replace(/\s/g, " ").replace(/[‘’]/g, "'").toLowerCase();

const namesOf = (sources: SourceEntry[]): string[] => [...new Map(sources.map(({ name }) => [alike(name), name])).values()];

interface OrderProps {
  /** The metric or category, as the server's parameters; neither means everything. */
  about: Params;
  sources: SourceEntry[];
  /** Whether an order was set for just that. */
  own: boolean;
  choice: ComponentChild;
}

export function Order({ about, sources, own, choice }: OrderProps) {
  const [order, setOrder] = useState(sources);
  const [said, setSaid] = useState("");
  const [deleting, setDeleting] = useState("");
  const admin = session.value?.admin ?? false;
  const wider = Object.keys(about).length > 0;
  const changed = order.some(({ name }, at) => name !== sources[at]?.name);
  const save = useAction((names: string[]) => send("PUT", `/api/v1/sources${wider ? `?${new URLSearchParams(about as Record<string, string>)}` : ""}`, { order: names }));
  const move = (from: number, to: number) => {
    const one = order[from];
    if (one) setOrder(order.toSpliced(from, 1).toSpliced(to, 0, one));
    setSaid(`${sourceName(one?.name)} is now number ${to + 1}.`);
  };
  return (
    <Card wide title="Source priority" note={own ? "custom order" : wider ? "same as for all data" : "default: watches, phones, others"}>
      {choice}
      <p>{order.length ? "Where two sources cover the same time, the higher one counts, and nothing is counted twice." : "Nothing has measured this yet."}</p>
      <ol class="rows sources">
        {order.map((one, at) => (
          <li key={one.name}>
            <Told one={one} place={at + 1} />
            {admin && (
              <span class="buttons">
                <button class="quiet tiny" aria-label={`Move ${sourceName(one.name)} up`} disabled={at === 0} onClick={() => move(at, at - 1)}>↑</button>
                <button class="quiet tiny" aria-label={`Move ${sourceName(one.name)} down`} disabled={at === order.length - 1} onClick={() => move(at, at + 1)}>↓</button>
                {one.name && <button class="quiet tiny" aria-label={`Delete what ${one.name} has sent`} onClick={() => setDeleting(one.name)}>Delete…</button>}
              </span>
            )}
          </li>
        ))}
      </ol>
      <p class="hidden" aria-live="polite">{said}</p>
      {admin && (
        <p class="buttons">
          <button disabled={!changed || save.busy} onClick={() => void save.act(namesOf(order))}>Save this order</button>
          <button class="quiet" disabled={!own || save.busy} onClick={() => void save.act([])}>{wider ? "Reset to the general order" : "Reset to default"}</button>
        </p>
      )}
      <Trouble action={save} />
      {deleting && <Remove target={{ source: { name: deleting } }} close={() => setDeleting("")} />}
    </Card>
  );
}

function Told({ one, place }: { one: SourceEntry; place: number }) {
  return (
    <div>
      <b>{place}. {sourceName(one.name)}</b> <span class="muted">{one.device ?? one.kind}</span>
      <div class="small">{one.metrics.map(nameOf).join(", ")}</div>
      <div class="muted small">{count(one.samples, "sample")}, {date(dateOf(one.first))} – {date(dateOf(one.last))}</div>
    </div>
  );
}
