// One night as it went, and how nights have been. The address names the night; without a date it is the last one.

import type { ScreenProps } from "../../app.tsx";
import { useAnswer } from "../../lib/api.ts";
import { addDays, today } from "../../lib/days.ts";
import { date as written } from "../../lib/format.ts";
import type { Night } from "../../lib/nights.ts";
import { href, route } from "../../lib/router.ts";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { History } from "./history.tsx";
import { NightView } from "./night.tsx";

export interface Nights {
  nights: Night[];
}

const DATE = /^\d{4}-\d\d-\d\d$/;

/** The address of a night, with the history beneath it as it is. */
export const hrefOf = (date: string): string => href("sleep", date, Object.fromEntries(route.value.query));

export function Sleep({ path: [named] }: ScreenProps) {
  const chosen = named && DATE.test(named) && !Number.isNaN(Date.parse(named)) ? named : undefined;
  const params = chosen ? { start: chosen, end: addDays(chosen, 1) } : { order: "desc", limit: 1 };
  const answer = useAnswer<Nights>("/api/v1/sleep", params);
  const night = answer.data?.nights[0];
  const date = chosen ?? night?.date ?? today();
  return (
    <>
      <h1>Sleep</h1>
      {named && !chosen && <p class="problem" role="alert">{named} is not a date such as 2026-01-02. This is the latest night.</p>}
      <div class="grid">
        <Card
          wide
          title={nightOf(date)}
          note={!chosen && night && night.date !== today() ? "Latest night" : undefined}
          actions={<><Turns date={date} /><UseThis asked={{ path: "/api/v1/sleep", params: { start: date, end: addDays(date, 1) } }} /></>}
        >
          <Shown
            answer={answer}
            isEmpty={({ nights }) => !nights.length}
            empty={chosen ? "No sleep was recorded for this night. Other nights are beneath." : "There is no sleep yet. It comes from a watch, a ring or an app that writes sleep into Apple Health, once a phone sends it here."}
          >
            {({ nights: [shown] }) => shown && <NightView night={shown} key={shown.date} />}
          </Shown>
        </Card>
        <History />
      </div>
    </>
  );
}

/** "Saturday night, Nov 28 – 29, 2026", of the date of waking up. */
function nightOf(date: string): string {
  const [evening, morning] = [addDays(date, -1), date];
  const [first, last] = [evening, morning].map((day) => written(day, { day: "numeric", month: "short" }));
  return `${written(evening, { weekday: "long" })} night, ${first} – ${last}, ${date.slice(0, 4)}`;
}

function Turns({ date }: { date: string }) {
  const last = date >= today();
  return (
    <nav class="turns" aria-label="Nights">
      <a class="button quiet" href={hrefOf(addDays(date, -1))} aria-label="The night before">‹</a>
      <a class="button quiet" href={last ? undefined : hrefOf(addDays(date, 1))} aria-label="The night after" aria-disabled={last} role="link">›</a>
      <a class="button quiet" href={href("sleep", Object.fromEntries(route.value.query))}>Latest</a>
    </nav>
  );
}
