// Removing a person: what they may want to keep is offered first, and their name has to be written.

import { useState } from "preact/hooks";

import { send } from "../../lib/api.ts";
import { type Person, owns } from "../../lib/people.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Snippet } from "../../parts/copy.tsx";
import { Dialog } from "../../parts/dialog.tsx";

export function RemovePerson({ one, close }: { one: Person; close: () => void }) {
  const [written, setWritten] = useState("");
  const remove = useAction(async () => {
    await send("DELETE", `/api/v1/people/${one.id}?${new URLSearchParams({ confirm: one.name })}`);
    close();
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void remove.act();
  };
  return (
    <Dialog title={`Remove ${one.name}`} close={close}>
      <p>First download {owns(one.name)} data, if anybody may want it. On the server:</p>
      <Snippet text={`health-export export --all --user ${JSON.stringify(one.name)} --format csv --out FOLDER`} />
      <p>
        {owns(one.name)} keys, browsers and imports end at once. For 30 days this can be undone here. Then everything of {one.name} is destroyed for good; backups that were made before have it until they are removed.
      </p>
      <form onSubmit={submit}>
        <label>To confirm, write {one.name} <input value={written} onInput={(event) => setWritten(event.currentTarget.value)} autocomplete="off" /></label>
        <Trouble action={remove} />
        <p class="buttons">
          <button type="submit" class="danger" disabled={written !== one.name || remove.busy}>Remove</button>
          <button type="button" class="quiet" onClick={close}>Cancel</button>
        </p>
      </form>
    </Dialog>
  );
}
