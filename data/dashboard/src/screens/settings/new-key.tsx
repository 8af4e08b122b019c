// A new key, and its secret, which is shown this once.

import { useState } from "preact/hooks";

import { send, useAnswer } from "../../lib/api.ts";
import { session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Snippet } from "../../parts/copy.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import type { People } from "../../lib/people.ts";

const SCOPES: Record<string, string> = {
  ingest: "send data",
  read: "ask for data, as Grafana or Home Assistant do",
  export: "download files",
  admin: "everything, and for everybody: keys, settings, deleting",
};

const ENDS: [days: string, words: string][] = [["", "never"], ["1", "after a day"], ["30", "after 30 days"], ["365", "after a year"]];

export function NewKey({ close }: { close: () => void }) {
  const [key, setKey] = useState("");
  return (
    <Dialog title={key ? "The new key" : "Create a key"} close={close}>
      {key ? <Secret text={key} close={close} /> : <Form done={setKey} />}
    </Dialog>
  );
}

function Secret({ text, close }: { text: string; close: () => void }) {
  return (
    <div class="secret">
      <p role="status">Copy it now: it is shown only this once.</p>
      <Snippet text={text} />
      <p>Programs send it in the header <code>X-API-Key</code> or <code>Authorization: Bearer</code>.</p>
      <p class="buttons"><button type="button" onClick={close}>I have copied it</button></p>
    </div>
  );
}

function Form({ done }: { done: (key: string) => void }) {
  const people = useAnswer<People>("/api/v1/people");
  const make = useAction(async (form: FormData) => {
    const days = Number(form.get("days"));
    const wanted = { name: form.get("name"), person: form.get("person"), scopes: form.getAll("scope"), expires_days: days || undefined };
    done((await send<{ key: string }>("POST", "/api/v1/keys", wanted)).key);
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void make.act(new FormData(event.currentTarget as HTMLFormElement));
  };
  const names = people.data?.people.map(({ name }) => name) ?? [session.value?.person ?? ""];
  return (
    <form onSubmit={submit}>
      <label>What is it for? <input name="name" required maxLength={100} placeholder="Grafana" autocomplete="off" /></label>
      <label>Whose data? <select name="person">{names.map((name) => <option key={name} value={name}>{name}</option>)}</select></label>
      <fieldset>
        <legend>Permissions</legend>
        {Object.entries(SCOPES).map(([scope, words]) => (
          <label key={scope} class="pick"><input type="checkbox" name="scope" value={scope} /> <span><b>{scope}</b> <span class="muted">{words}</span></span></label>
        ))}
      </fieldset>
      <label>Expires <select name="days">{ENDS.map(([days, words]) => <option key={days} value={days}>{words}</option>)}</select></label>
      <Trouble action={make} />
      <p class="buttons"><button type="submit" disabled={make.busy}>Create key</button></p>
    </form>
  );
}
