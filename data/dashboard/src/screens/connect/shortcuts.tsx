// The shortest Shortcut that is right: samples of the last day, with when they were measured, so that sending again does no harm.

import { endpoint, type Phone } from "../../lib/deep-link.ts";
import { Card } from "../../parts/card.tsx";
import { Snippet } from "../../parts/copy.tsx";

export function Shortcuts({ phone }: { phone?: Phone }) {
  return (
    <div id="shortcuts">
      <Card title="Or: a Shortcut, without another app">
        <details>
          <summary>Show the steps</summary>
          {phone ? <Steps phone={phone} /> : <p>First make the key above: the steps then have it filled in.</p>}
        </details>
      </Card>
    </div>
  );
}

function Steps({ phone }: { phone: Phone }) {
  return (
    <>
      <p>In Apple's app <b>Shortcuts</b>, make a new one of these actions:</p>
      <ol>
        <li><b>Find Health Samples</b> where <i>Type</i> is Heart Rate and <i>Start Date</i> is in the last 1 day.</li>
        <li>
          <b>Repeat with Each</b> of them. In it a <b>Text</b> of one line, from the sample's <i>Name, Value, Unit, Start Date</i> (Format
          Date: ISO 8601 with time) and <i>Source</i>, with tabs or commas in between:
          <Snippet text="Heart Rate,61,count/min,2026-09-15T08:00:00+02:00,Watch" />
        </li>
        <li><b>Combine Text</b> of the repeat results with new lines.</li>
        <li>
          <b>Get Contents of URL</b>, with this URL (its end says how your phone writes numbers):
          <Snippet text={`${endpoint(phone.server)}?locale=${navigator.language}`} />
          Method <b>POST</b>, Request Body <b>File</b>: the combined text. Two headers, <i>Accept</i> with the text <i>text/plain</i>, and
          <i> X-API-Key</i> with the key:
          <Snippet text={phone.key} />
        </li>
        <li><b>Show Notification</b> with the contents of the URL: one sentence says what was stored.</li>
        <li><b>Automation</b> → <b>Time of Day</b> runs it every day. The phone has to be unlocked, so choose a time when you hold it.</li>
      </ol>
      <p class="muted small">
        Repeat the first three steps for other types. Do not send a sum that Shortcuts has made: it counts a phone and a watch on the same
        walk twice.
      </p>
    </>
  );
}
