// The shortest Shortcut that is right: samples of the last day, with when they were measured, so that sending again does no harm.

import { endpoint, type Phone } from "../../lib/deep-link.ts";
import { Card } from "../../parts/card.tsx";
import { Snippet } from "../../parts/copy.tsx";

export function Shortcuts({ phone }: { phone?: Phone }) {
  return (
    <Card title="Or: a Shortcut, without another app">
      <details>
        <summary>Show the steps</summary>
        {phone ? <Steps phone={phone} /> : <p>First make the key above: it is then filled in here.</p>}
      </details>
    </Card>
  );
}

function Steps({ phone }: { phone: Phone }) {
  return (
    <>
      <ol>
        <li>In the app Shortcuts: <b>Find Health Samples</b> where <i>Type</i> is Heart Rate and <i>Start Date</i> is in the last 1 day.</li>
        <li>
          <b>Repeat with Each</b>, in it a <b>Text</b> of the sample's name, value, unit, start date (ISO 8601 with time) and source:
          <Snippet text="Heart Rate,61,count/min,2026-09-15T08:00:00+02:00,Watch" />
        </li>
        <li><b>Combine Text</b> with new lines.</li>
        <li>
          <b>Get Contents of URL</b>, with this URL (its end says how the phone writes numbers):
          <Snippet text={`${endpoint(phone.server)}?locale=${navigator.language}`} />
          Method <b>POST</b>, Request Body <b>File</b>: the combined text. Headers <code>Accept</code>: <code>text/plain</code>, and{" "}
          <code>X-API-Key</code>:
          <Snippet text={phone.key} />
        </li>
        <li><b>Show Notification</b> with what comes back: a sentence that says what was stored.</li>
        <li><b>Automation</b> → <b>Time of Day</b>: choose one when the phone is unlocked.</li>
      </ol>
      <p class="muted small">
        The same for other types. A sum that Shortcuts have made counts only where nothing else is known of the day: it has a phone and a
        watch on the same walk twice.
      </p>
    </>
  );
}
