// Health Auto Export takes one link for each kind of data. On the phone the links are tapped; from another screen the camera
// reads the one that is chosen. The same as text is there for when a link does not do what it should.

import { useState } from "preact/hooks";

import { AUTOMATIONS, type Automation, deepLink, endpoint, type Phone } from "../../lib/deep-link.ts";
import { Card } from "../../parts/card.tsx";
import { Copy, Snippet } from "../../parts/copy.tsx";
import { Qr } from "../../parts/qr.tsx";

export function AutoExport({ phone }: { phone?: Phone }) {
  return (
    <Card title="2. The app Health Auto Export">
      {phone ? <Links phone={phone} /> : <Before />}
    </Card>
  );
}

function Before() {
  return (
    <p>
      Install <b>Health Auto Export – JSON+CSV</b> from the App Store; automatic sending needs its premium version. When the key is made,
      its links and codes are here. Without that app, use a Shortcut, below.
    </p>
  );
}

function Links({ phone }: { phone: Phone }) {
  const [chosen, choose] = useState(AUTOMATIONS[0] as Automation);
  const link = deepLink(phone, chosen);
  return (
    <>
      <p>
        Each kind of data is an automation of its own. Choose one, scan its code with the phone's camera, save what opens; then the next.
        The first three bring what most people want.
      </p>
      <div class="links">
        <fieldset>
          <legend class="hidden">Kind of data</legend>
          {AUTOMATIONS.map((one) => (
            <label key={one.name} class="pick">
              <input type="radio" name="automation" checked={one === chosen} onChange={() => choose(one)} />
              <span><b>{one.name}</b> <span class="muted small">{one.what}</span></span>
            </label>
          ))}
        </fieldset>
        <div class="scan">
          <Qr text={link} what={`sets up ${chosen.name} in Health Auto Export`} />
          <div class="buttons"><a class="button" href={link}>Open on this phone</a><Copy text={link} label="Copy the link" /></div>
        </div>
      </div>
      <p class="small">
        <b>Totals of days</b> makes each day exactly what the Health app shows, once it is over. Leave the date range and the grouping of each
        as they are: with <i>Since last sync</i>, what comes late, or is corrected or deleted on the phone, never arrives here, and with{" "}
        <i>Summarise data</i> off a day is only close.
      </p>
      <p class="muted small">
        Code and link hold the key. They follow what the app's maker has published, but we have not tried them on a phone: when one does
        not do what it should, set it up by hand.
      </p>
      <details>
        <summary>By hand: {chosen.name}</summary>
        <ByHand phone={phone} automation={chosen} />
      </details>
    </>
  );
}

const Field = ({ label, text }: { label: string; text: string }) => (
  <li>{label}: <Snippet text={text} /></li>
);

function ByHand({ phone, automation }: { phone: Phone; automation: Automation }) {
  return (
    <ol>
      <li>In the app: <b>Automated Exports</b> (in older ones <b>Automations</b>) → <b>New Automation</b> → <b>REST API</b>.</li>
      <Field label="Name" text={`health-export: ${automation.name}`} />
      <Field label="URL" text={endpoint(phone.server)} />
      <Field label="Headers: add one, with this as its key" text="X-API-Key" />
      <Field label="and this as its value" text={phone.key} />
      <li>Export format <b>JSON</b>, version <b>v2</b>, and <b>Batch Requests</b> on.</li>
      {automation.fields.map(([label, choice]) => <li key={label}>{label}: <b>{choice}</b></li>)}
      <li>Sync cadence: <b>1 hour</b>. Turn it on and save.</li>
      <li>Tap <b>Manual Export</b> once, with the phone unlocked.</li>
    </ol>
  );
}
