// What was not understood, by reason: whoever looks for a cause meets each once, however many items it has.

import type { ScreenProps } from "../../app.tsx";
import { count, dateTime } from "../../lib/format.ts";
import { href, route, setQuery } from "../../lib/router.ts";
import { Card } from "../../parts/card.tsx";
import { More, usePages } from "../../parts/pages.tsx";
import { Shown } from "../../parts/state.tsx";
import { nameOf } from "./words.ts";

interface Item {
  delivery: string;
  received_at: string;
  metric?: string;
  path: string;
  reason: string;
  /** As it was sent; empty for a whole body. */
  item: string;
}

export function Quarantine(_: ScreenProps) {
  const delivery = route.value.query.get("delivery") ?? undefined;
  const pages = usePages<Item>("/api/v1/quarantine", "items", { delivery, limit: 200 });
  return (
    <Card wide title="Quarantine" note="what was not understood, and why" actions={delivery && <button class="quiet" onClick={() => setQuery({ delivery: undefined })}>Show all</button>}>
      <Shown answer={pages} isEmpty={(items) => !items.length} empty="✓ Empty: everything that came was understood.">
        {(items) => (
          <>
            <p>{count(items.length, "item")}{pages.more && " so far"}. Each waits here as it was sent. Once a newer version understands it, its delivery can be decoded again.</p>
            {groups(items).map(([reason, members]) => <Group key={reason} reason={reason} members={members} />)}
          </>
        )}
      </Shown>
      <More pages={pages} />
    </Card>
  );
}

/** Most first. What differs from item to item is no part of a reason. */
function groups(items: Item[]): [reason: string, members: Item[]][] {
  const found = new Map<string, Item[]>();
  for (const one of items) {
    const reason = one.reason.replace(/"[^"]*"/g, "…").replace(/(^| )-?[\d.]+ /, "$1… ");
    found.set(reason, [...(found.get(reason) ?? []), one]);
  }
  return [...found].sort((a, b) => b[1].length - a[1].length);
}

function Group({ reason, members }: { reason: string; members: Item[] }) {
  return (
    <details class="reason">
      <summary>{members[1] ? reason : members[0]?.reason} <span class="muted">({count(members.length, "item")})</span></summary>
      <ul class="plain-list odd">{members.map((one, at) => <Waiting key={at} one={one} />)}</ul>
    </details>
  );
}

function Waiting({ one }: { one: Item }) {
  return (
    <li>
      <div>{one.reason} <code>{one.path}</code></div>
      <div class="muted small">{one.metric && `${nameOf(one.metric)}, `}received <a href={href("data", "deliveries", one.delivery)}>{dateTime(one.received_at)}</a></div>
      {one.item ? <details><summary>As it was sent</summary><pre tabIndex={0}>{one.item}</pre></details> : <p class="muted small">The whole body</p>}
    </li>
  );
}
