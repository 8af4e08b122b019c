// Whose phone, where it sends to, and its key. The key is made by a press of the button only, and lives in this page's
// memory: whoever comes back later makes another.

import { useEffect, useState } from "preact/hooks";

import { type Addresses, elsewhere, isLoopback } from "../../lib/addresses.ts";
import { send, useAnswer } from "../../lib/api.ts";
import type { Phone } from "../../lib/deep-link.ts";
import { owns, type People } from "../../lib/people.ts";
import { session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Snippet } from "../../parts/copy.tsx";
import { Shown } from "../../parts/state.tsx";

export interface Chosen extends Phone {
  person: string;
}

interface Part {
  phone: Chosen;
  change: (part: Partial<Chosen>) => void;
}

export function Start({ phone, change }: Part) {
  const people = useAnswer<People>("/api/v1/people");
  const addresses = useAnswer<Addresses>("/api/v1/addresses");
  return (
    <Card title="1. The phone and its key">
      <Shown answer={people}>{({ people }) => <Whose people={people.map(({ name }) => name)} phone={phone} change={change} />}</Shown>
      <Shown answer={addresses}>{(data) => <Where addresses={data} phone={phone} change={change} />}</Shown>
      <Key phone={phone} change={change} />
    </Card>
  );
}

function Whose({ people, phone, change }: Part & { people: string[] }) {
  useEffect(() => {
    if (!phone.person) change({ person: session.value?.person ?? people[0] });
  }, []);
  return (
    <>
      <label>
        Whose phone?
        <select value={phone.person} onChange={(event) => change({ person: event.currentTarget.value, key: "" })}>
          {people.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <p class="muted small">Its data is kept separate from everyone else's. <a href="#/settings/people">Add a person</a></p>
    </>
  );
}

const KINDS: Record<string, string> = {
  name: "by the server's name",
  private: "in your home network",
  tailscale: "through Tailscale",
  public: "on the internet",
  loopback: "on the server itself only",
};
const OTHER = "other";

function Where({ addresses, phone, change }: Part & { addresses: Addresses }) {
  const offered = elsewhere(addresses);
  const [other, setOther] = useState(false);
  useEffect(() => {
    if (!phone.server) change({ server: offered[0]?.url ?? location.origin });
  }, []);
  const pick = (value: string) => {
    setOther(value === OTHER);
    if (value !== OTHER) change({ server: value });
  };
  return (
    <>
      {!addresses.reachable && isLoopback(phone.server) && <Unreachable listens={addresses.listens_on} />}
      <label>
        Address that the phone sends to
        <select value={other ? OTHER : phone.server} onChange={(event) => pick(event.currentTarget.value)}>
          {offered.map(({ url, kind }) => <option key={url} value={url}>{url} – {KINDS[kind] ?? kind}</option>)}
          <option value={OTHER}>another one…</option>
        </select>
      </label>
      {other && (
        <label>
          Another address, such as that of a proxy
          <input type="url" required placeholder="https://health.example.org" value={phone.server} onInput={(event) => change({ server: event.currentTarget.value.trim() })} />
        </label>
      )}
      {addresses.reachable && isLoopback(phone.server) && (
        <p class="notice">For a phone this address means the phone itself: choose another.</p>
      )}
      <Safety server={phone.server} />
    </>
  );
}

function Unreachable({ listens }: { listens: string }) {
  return (
    <div class="notice">
      <p>
        <b>Phones cannot reach this server yet:</b> it listens on {listens}, the machine itself. Run this on it, say yes, and start the
        server again:
      </p>
      <Snippet text="health-export setup" />
    </div>
  );
}

function Safety({ server }: { server: string }) {
  if (isLoopback(server)) return null;
  if (server.startsWith("http://")) {
    return (
      <p class="notice">
        Over plain HTTP everyone in the same network can read the key and the data. Use it in a network that you trust, or put HTTPS in
        front.
      </p>
    );
  }
  return (
    <p class="muted small">
      An iPhone refuses a certificate of your own until its authority is installed and trusted on it (Settings → General → About).
    </p>
  );
}

function Key({ phone, change }: Part) {
  const make = useAction(async () => {
    const name = `${owns(phone.person)} phone`;
    const { key } = await send<{ key: string }>("POST", "/api/v1/keys", { name, person: phone.person, scopes: ["ingest"] });
    change({ key });
  });
  if (phone.key) {
    return (
      <div>
        <p class="done" role="status">Key for {owns(phone.person)} phone. It can send data but not read it. Copy it now; it is shown only once:</p>
        <Snippet text={phone.key} />
        <p class="muted small">When the phone is lost, revoke it in <a href="#/settings/keys">Settings</a>.</p>
      </div>
    );
  }
  return (
    <>
      <button type="button" disabled={make.busy || !phone.person} onClick={() => void make.act()}>Create a key for this phone</button>
      <Trouble action={make} />
    </>
  );
}
