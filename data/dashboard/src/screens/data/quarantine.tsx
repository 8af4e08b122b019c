// What was not understood, by reason: whoever looks for a cause meets each once, however many items it has.

import type { ScreenProps } from "../../app.tsx";
import { count, dateTime } from "../../lib/format.ts";
import { href, route, setQuery } from "../../lib/router.ts";
import { Card } from "../../parts/card.tsx";
import { More, usePages } from "../../parts/pages.tsx";
import { Shown } from "../../parts/state.tsx";
import { nameOf, plain } from "./words.ts";

interface Item {
  delivery: string;
  received_at: string;
  metric?: string;
  path: string;
  reason: string;
  /** As it was sent; empty for a whole body. */
  item: string;
}

const SHOWN = 50;

export function Quarantine(_: ScreenProps) {
  const delivery = route.value.query.get("delivery") ?? undefined;
  const pages = usePages<Item>("/api/v1/quarantine", "items", { delivery, limit: 500 });
  return (
    <Card wide title="Quarantine" note={delivery ? "of one delivery" : "what was not understood, and why"} actions={delivery && <button type="button" class="quiet" onClick={() => setQuery({ delivery: undefined })}>Show all</button>}>
      <Shown answer={pages} isEmpty={(items) => !items.length} empty="✓ Empty: everything that came was understood.">
        {(items) => (
          <>
            <p>{count(items.length, "item")}{pages.more && " so far"}. Nothing is lost: each waits here as it was sent, and is read again by “decode again” at its delivery once a newer version understands it.</p>
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
    const reason = one.reason.replace(/"[^"]*"/g, "“…”").replace(/(?<![\w.])-?\d[\d.,]*(?!\w)/g, "…");
    found.set(reason, [...(found.get(reason) ?? []), one]);
  }
  return [...found].sort((a, b) => b[1].length - a[1].length);
}

function Group({ reason, members }: { reason: string; members: Item[] }) {
  const metrics = [...new Set(members.map(({ metric }) => (metric ? nameOf(metric) : "a whole body")))];
  return (
    <details class="reason">
      <summary>{plain(members.length > 1 ? reason : (members[0]?.reason ?? reason))} <span class="muted">({count(members.length, "item")}: {metrics.join(", ")})</span></summary>
      <ul class="plain-list odd">{members.slice(0, SHOWN).map((one, at) => <Waiting key={at} one={one} />)}</ul>
      {members.length > SHOWN && <p class="muted">These are the latest {SHOWN}. Each delivery lists its own.</p>}
    </details>
  );
}

function Waiting({ one }: { one: Item }) {
  return (
    <li>
      <div>{plain(one.reason)} <code>{one.path}</code></div>
      <div class="muted small">{one.metric && `${nameOf(one.metric)}, `}received <a href={href("data", "deliveries", one.delivery)}>{dateTime(one.received_at)}</a></div>
      {one.item ? <details><summary>As it was sent</summary><pre tabIndex={0}>{pretty(one.item)}</pre></details> : <p class="muted small">The whole body, which is kept with its delivery.</p>}
    </li>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
