// What came, newest first, and what became of it.

import type { ScreenProps } from "../../app.tsx";
import { ago, dateTime } from "../../lib/format.ts";
import { href, route, setQuery } from "../../lib/router.ts";
import { Card } from "../../parts/card.tsx";
import { More, usePages } from "../../parts/pages.tsx";
import { Shown } from "../../parts/state.tsx";
import { OneDelivery } from "./delivery.tsx";
import { type Delivery, sender, verdict } from "./words.ts";

export function Deliveries({ path: [id] }: ScreenProps) {
  return id ? <OneDelivery id={id} /> : <List />;
}

function List() {
  const automation = route.value.query.get("automation") ?? undefined;
  const pages = usePages<Delivery>("/api/v1/deliveries", "deliveries", { automation, limit: 50 });
  return (
    <Card wide title="Deliveries" note="newest first" actions={automation && <button class="quiet" onClick={() => setQuery({ automation: undefined })}>Show all</button>}>
      <Shown answer={pages} isEmpty={(rows) => !rows.length} empty={<>Nothing was delivered yet. <a href={href("connect")}>Connect a phone</a></>}>
        {(rows) => <ul class="rows deliveries">{rows.map((one) => <Row key={one.delivery} one={one} />)}</ul>}
      </Shown>
      <More pages={pages} />
    </Card>
  );
}

function Row({ one }: { one: Delivery }) {
  const problem = one.refused || one.quarantined > 0;
  return (
    <li>
      <div>
        <a href={href("data", "deliveries", one.delivery)}>{dateTime(one.received_at)}</a>
        <div class="muted small">{ago(one.received_at)}</div>
      </div>
      <div>{sender(one)}</div>
      <div class={problem ? "silent" : undefined}>{problem && "! "}{verdict(one)}</div>
    </li>
  );
}
