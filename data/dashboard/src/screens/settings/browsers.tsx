import { send, useAnswer } from "../../lib/api.ts";
import { ago, dateTime } from "../../lib/format.ts";
import { session, signOut } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";

interface Browser {
  id: number;
  person: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  browser: string;
  current: boolean;
}

export function Browsers({ title }: { title: string }) {
  const answer = useAnswer<{ sessions: Browser[] }>("/api/v1/sessions");
  const end = useAction((one: Browser) => (one.current ? signOut() : send("DELETE", `/api/v1/sessions/${one.id}`)));
  return (
    <Card title={title} note="signs out after 90 days without use">
      <Shown answer={answer} isEmpty={({ sessions }) => sessions.length === 0} empty="No browser is signed in: this page is used with a key.">
        {({ sessions }) => <ul class="rows">{sessions.map((one) => <Row key={one.id} one={one} busy={end.busy} end={end.act} />)}</ul>}
      </Shown>
      <Trouble action={end} />
    </Card>
  );
}

function Row({ one, busy, end }: { one: Browser; busy: boolean; end: (one: Browser) => Promise<void> }) {
  const name = one.browser || "Unknown browser";
  return (
    <li>
      <div>
        <b>{name}</b>{one.current && " (this one)"}{one.person !== session.value?.person && ` of ${one.person}`}
        <div class="muted small">
          used <time dateTime={one.last_used_at} title={dateTime(one.last_used_at)}>{ago(one.last_used_at)}</time>, signed in {dateTime(one.created_at)}
        </div>
      </div>
      <div class="buttons">
        <button type="button" class="quiet tiny" disabled={busy} aria-label={one.current ? "Sign out here" : `Sign out ${name}`} onClick={() => void end(one)}>
          {one.current ? "Sign out here" : "Sign out"}
        </button>
      </div>
    </li>
  );
}
