// What has just come, refused or not, as it comes. The server keeps the last ones, and says them again after each pause in
// the stream, so they are known by number and time: numbers begin anew when the server does.

import { useEffect, useState } from "preact/hooks";

import { useAnswer, useEvents } from "../../lib/api.ts";
import { ago, count, dateTime, time } from "../../lib/format.ts";
import { owns } from "../../lib/people.ts";
import { href } from "../../lib/router.ts";
import { session } from "../../lib/session.ts";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import type { Chosen } from "./start.tsx";

export interface Incoming {
  id: number;
  at: string;
  endpoint: string;
  status: number;
  ok: boolean;
  verdict: string;
  hint?: string;
  automation?: string;
  person?: string;
  client?: string;
  milliseconds: number;
}

const KEPT = 50;
const known = ({ id, at }: Incoming): string => `${id} ${at}`;

/** Newest first, each once. */
function withOne(list: Incoming[], one: Incoming): Incoming[] {
  const others = list.filter((other) => known(other) !== known(one));
  return [one, ...others].sort((a, b) => b.at.localeCompare(a.at) || b.id - a.id).slice(0, KEPT);
}

/** After a key was made, only what has come since, and can be of it, says whether the new phone works. */
function useAwaited(list: Incoming[], phone?: Chosen): Incoming[] {
  const [before, setBefore] = useState<string[]>([]);
  useEffect(() => setBefore(phone ? list.map(known) : []), [phone?.key]);
  return list.filter((one) => !before.includes(known(one)) && (!phone || !one.person || one.person === phone.person));
}

export function Arriving({ phone }: { phone?: Chosen }) {
  const [list, setList] = useState<Incoming[]>([]);
  // A stream does not say why it is refused; a plain answer does.
  const asked = useAnswer<{ requests: Incoming[] }>("/api/v1/requests");
  useEvents<Incoming>("/api/v1/requests", "request", (one) => setList((before) => withOne(before, one)));
  const awaited = useAwaited(list, phone);
  return (
    <Card title="3. Live activity" note="updates automatically">
      <Shown answer={asked}>{() => <div role="status"><Summary list={awaited} phone={phone} /></div>}</Shown>
      {list.length > 0 && (
        <div class="arrived" role="region" aria-label="Requests, newest first" tabIndex={0}>
          <ul>{list.map((one) => <Row key={known(one)} one={one} />)}</ul>
        </div>
      )}
      {list.length > 0 && <p class="muted small">The last {KEPT} since the server was started. Older ones are in <a href={href("data", "deliveries")}>Deliveries</a>.</p>}
    </Card>
  );
}

function Summary({ list, phone }: { list: Incoming[]; phone?: Chosen }) {
  const works = list.find(({ ok }) => ok);
  const mine = !works?.person || works.person === session.value?.person;
  if (works) return <p class="works"><b>{sentence(works)}</b> {mine && <a href={href("today")}>See today</a>}</p>;
  if (list.length) return <p class="notice">Something came, and was refused: see below what to do.</p>;
  return <p class="waiting">{phone ? `Waiting for ${owns(phone.person)} phone…` : "Waiting for the first request…"}</p>;
}

/** "It works: 3,412 samples from Health Auto Export" */
function sentence({ verdict, client }: Incoming): string {
  const many = verdict.match(/^([\d,]+) received/)?.[1]?.replaceAll(",", "");
  return many ? `It works: ${count(Number(many), "sample")} from ${client ?? "the phone"}.` : `It works: ${verdict}.`;
}

function Row({ one }: { one: Incoming }) {
  const facts = [one.client, one.automation && `“${one.automation}”`, one.person && `for ${one.person}`, one.endpoint !== "/api/v1/ingest" && one.endpoint];
  return (
    <li class={one.ok ? "ok" : "refused"}>
      <p>
        <span class="mark"><span aria-hidden="true">{one.ok ? "✓" : "✕"}</span> {one.ok ? "Stored" : "Refused"} ({one.status})</span>{" "}
        <time dateTime={one.at} title={`${dateTime(one.at)}, ${ago(one.at)}`}>{time(one.at)}</time>
      </p>
      <p>{one.verdict}</p>
      {one.hint && <p class="hint">{one.hint}</p>}
      <p class="muted small">{facts.filter(Boolean).join(" · ")}</p>
    </li>
  );
}
