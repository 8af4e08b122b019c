// Whose data is kept here, and links by which they look at their own.

import { useState } from "preact/hooks";

import { type Addresses, elsewhere, isLoopback } from "../../lib/addresses.ts";
import { send, useAnswer } from "../../lib/api.ts";
import { dateOf } from "../../lib/days.ts";
import { ago, count, date, time } from "../../lib/format.ts";
import type { People, Person } from "../../lib/people.ts";
import { refresh } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Snippet } from "../../parts/copy.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Qr } from "../../parts/qr.tsx";
import { Shown } from "../../parts/state.tsx";
import { RemovePerson } from "./remove-person.tsx";

/** What is done with a person, in a dialog. */
type Doing = { what: "add" } | { what: "rename" | "link" | "remove"; one: Person };

export function PeopleSection({ title }: { title: string }) {
  const answer = useAnswer<People>("/api/v1/people");
  const [doing, setDoing] = useState<Doing>();
  const close = () => setDoing(undefined);
  return (
    <Card title={title} note="each sees their own data only" actions={<button type="button" onClick={() => setDoing({ what: "add" })}>Add a person</button>}>
      <Shown answer={answer}>{({ people }) => <ul class="rows">{people.map((one) => <Row key={one.id} one={one} start={setDoing} />)}</ul>}</Shown>
      <p class="muted small">
        No key and no link shows another person's data. The server's administrator can create keys and links for anyone, though, and
        read the files on disk.
      </p>
      {doing?.what === "add" && <Name title="Add a person" label="Their name" close={close} save={(name) => send("POST", "/api/v1/people", { name })} />}
      {doing?.what === "rename" && <Name title={`Rename ${doing.one.name}`} label="The new name" value={doing.one.name} close={close} save={(name) => rename(doing.one, name)} />}
      {doing?.what === "link" && <Link one={doing.one} close={close} />}
      {doing?.what === "remove" && <RemovePerson one={doing.one} close={close} />}
    </Card>
  );
}

async function rename({ id }: Person, name: string): Promise<void> {
  await send("PUT", `/api/v1/people/${id}`, { name });
  await refresh();
}

function Row({ one, start }: { one: Person; start: (doing: Doing) => void }) {
  const back = useAction(() => send("POST", `/api/v1/people/${one.id}/undo`));
  const facts = [count(one.samples, "sample"), count(one.keys, "key"), count(one.sessions, "browser"), one.last_delivery_at && `last sent ${ago(one.last_delivery_at)}`];
  return (
    <li>
      <div>
        <b>{one.name}</b>{one.you && " (you)"}
        <div class="muted small">{one.destroyed_at ? `Removed; everything is destroyed on ${date(dateOf(one.destroyed_at))}` : facts.filter(Boolean).join(" · ")}</div>
        <Trouble action={back} />
      </div>
      <div class="buttons">
        {one.destroyed_at ? (
          <button type="button" class="quiet tiny" aria-label={`Bring ${one.name} back`} disabled={back.busy} onClick={() => void back.act()}>Bring back</button>
        ) : (
          <>
            <button type="button" class="quiet tiny" aria-label={`Rename ${one.name}`} onClick={() => start({ what: "rename", one })}>Rename</button>
            <button type="button" class="quiet tiny" aria-label={`Link for ${one.name}`} onClick={() => start({ what: "link", one })}>Link…</button>
            {!one.you && <button type="button" class="quiet tiny" aria-label={`Remove ${one.name}`} onClick={() => start({ what: "remove", one })}>Remove…</button>}
          </>
        )}
      </div>
    </li>
  );
}

function Name({ title, label, value, save, close }: { title: string; label: string; value?: string; save: (name: string) => Promise<unknown>; close: () => void }) {
  const saving = useAction(async (name: string) => {
    await save(name);
    close();
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void saving.act(String(new FormData(event.currentTarget as HTMLFormElement).get("name")).trim());
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={submit}>
        <label>{label} <input name="name" required maxLength={60} defaultValue={value} autocomplete="off" /></label>
        <Trouble action={saving} />
        <p class="buttons"><button type="submit" disabled={saving.busy}>Save</button></p>
      </form>
    </Dialog>
  );
}

function Link({ one, close }: { one: Person; close: () => void }) {
  const addresses = useAnswer<Addresses>("/api/v1/addresses").data;
  const server = (addresses && elsewhere(addresses)[0]?.url) ?? location.origin;
  const [made, setMade] = useState<{ path: string; until: string }>();
  const make = useAction(async () => {
    const { path, expires_at } = await send<{ path: string; expires_at: string }>("POST", "/api/v1/codes", { person: one.name });
    setMade({ path, until: time(expires_at) });
  });
  return (
    <Dialog title={`Link for ${one.name}`} close={close}>
      <p>
        It opens this page on another device as <b>{one.name}</b>
        {one.you ? ", with all of your permissions." : ". They can see, download and add their own data, but cannot change settings."}
      </p>
      {isLoopback(server) && <p class="notice">No address is known by which other devices reach this server: <code>health-export setup</code> on it says more.</p>}
      {made ? (
        <div class="scan secret">
          <Qr text={server + made.path} what={`opens this page as ${one.name}`} />
          <Snippet text={server + made.path} />
          <p class="muted" role="status">It works once, until {made.until}.</p>
        </div>
      ) : (
        <button type="button" disabled={make.busy} onClick={() => void make.act()}>Make a link that works once</button>
      )}
      <Trouble action={make} />
    </Dialog>
  );
}
