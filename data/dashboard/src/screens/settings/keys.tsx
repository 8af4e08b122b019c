// Keys for programs: what each may do, and an end to it.

import { useState } from "preact/hooks";

import { send, useAnswer } from "../../lib/api.ts";
import { ago, dateTime } from "../../lib/format.ts";
import { session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Shown } from "../../parts/state.tsx";
import { NewKey } from "./new-key.tsx";

interface Key {
  id: number;
  name: string;
  person: string;
  scopes: string[];
  created_at: string;
  expires_at?: string;
  revoked_at?: string;
  last_used_at?: string;
}

export function Keys({ title }: { title: string }) {
  const answer = useAnswer<{ keys: Key[] }>("/api/v1/keys");
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key>();
  return (
    <Card title={title} note="for phones and programs" actions={<button type="button" onClick={() => setMaking(true)}>Create a key</button>}>
      <Shown answer={answer} isEmpty={({ keys }) => keys.length === 0} empty="There are no keys yet. A phone gets its own on Connect.">
        {({ keys }) => (
          <>
            <Table keys={keys.filter(works)} revoke={setRevoking} />
            <Ended keys={keys.filter((key) => !works(key))} />
          </>
        )}
      </Shown>
      {making && <NewKey close={() => setMaking(false)} />}
      {revoking && <Revoke one={revoking} close={() => setRevoking(undefined)} />}
    </Card>
  );
}

const expired = ({ expires_at }: Key): boolean => expires_at !== undefined && Date.parse(expires_at) <= Date.now();
const works = (key: Key): boolean => !key.revoked_at && !expired(key);

function Ended({ keys }: { keys: Key[] }) {
  if (!keys.length) return null;
  return (
    <details>
      <summary>{keys.length} revoked or expired</summary>
      <Table keys={keys} />
    </details>
  );
}

function Table({ keys, revoke }: { keys: Key[]; revoke?: (key: Key) => void }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={revoke ? "Active keys" : "Revoked and expired keys"}>
      <table class="stacked">
        <thead>
          <tr><th>Name</th><th>Person</th><th>Permissions</th><th>Created</th><th>Last used</th><th>State</th>{revoke && <th><span class="hidden">Revoke</span></th>}</tr>
        </thead>
        <tbody>{keys.map((key) => <Row key={key.id} one={key} revoke={revoke} />)}</tbody>
      </table>
    </div>
  );
}

const When = ({ at }: { at: string }) => <time dateTime={at} title={dateTime(at)}>{ago(at)}</time>;

function Row({ one, revoke }: { one: Key; revoke?: (key: Key) => void }) {
  return (
    <tr>
      <td data-label="Name">{one.name}</td>
      <td data-label="Person">{one.person}</td>
      <td data-label="Permissions">{one.scopes.join(", ")}</td>
      <td data-label="Created"><When at={one.created_at} /></td>
      <td data-label="Last used">{one.last_used_at ? <When at={one.last_used_at} /> : "never"}</td>
      <td data-label="State"><span><State one={one} /></span></td>
      {revoke && <td><button type="button" class="quiet tiny" aria-label={`Revoke ${one.name}`} onClick={() => revoke(one)}>Revoke</button></td>}
    </tr>
  );
}

function State({ one }: { one: Key }) {
  if (one.revoked_at) return <>revoked <When at={one.revoked_at} /></>;
  if (expired(one)) return <>expired <When at={one.expires_at ?? ""} /></>;
  return one.expires_at ? <>active, expires <When at={one.expires_at} /></> : <>active</>;
}

function Revoke({ one, close }: { one: Key; close: () => void }) {
  const revoke = useAction(async () => {
    await send("DELETE", `/api/v1/keys/${one.id}`);
    close();
  });
  return (
    <Dialog title="Revoke this key?" close={close}>
      <p>
        Whatever uses <b>{one.name}</b>{one.person !== session.value?.person && <> of {one.person}</>} is refused from now on. This cannot be
        undone; what it has sent stays.
      </p>
      <Trouble action={revoke} />
      <p class="buttons">
        <button type="button" class="danger" disabled={revoke.busy} onClick={() => void revoke.act()}>Revoke</button>
        <button type="button" class="quiet" onClick={close}>Keep it</button>
      </p>
    </Dialog>
  );
}
