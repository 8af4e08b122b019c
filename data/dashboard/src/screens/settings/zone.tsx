// The zone that decides where a day begins, and the units of answers. What the command line or the environment has fixed
// is shown and said to be fixed.

import { useState } from "preact/hooks";

import { send, useAnswer } from "../../lib/api.ts";
import { refresh, session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";

interface Setting {
  value: string;
  from: string;
  changeable: boolean;
}

interface Shape {
  home_zone: Setting;
  units: Setting;
  zone_rules: { release: string; from: "program" | "system" };
  /** What to do where the phone's clock is another than that of the home zone. */
  home_zone_notice?: string;
}

const rules = ({ zone_rules: { release, from } }: Shape): string => `Time zone rules: ${release}, ${from === "system" ? "those of the server's system" : "those of this program"}.`;

const UNITS: [string, string][] = [["metric", "metric (kg, km, °C)"], ["imperial", "imperial (lb, mi, °F)"], ["as_sent", "as the phone last sent them"]];

export function ZoneAndUnits({ title }: { title: string }) {
  const answer = useAnswer<Shape>("/api/v1/settings");
  return <Card title={title}><Shown answer={answer}>{(data) => (session.value?.admin ? <Form settings={data} /> : <Told settings={data} />)}</Shown></Card>;
}

function Told({ settings }: { settings: Shape }) {
  const units = UNITS.find(([name]) => name === settings.units.value)?.[1] ?? settings.units.value;
  return <p>Days are those of <b>{settings.home_zone.value}</b>, and units are <b>{units}</b>. The server's administrator can change this.</p>;
}

const fixed = ({ changeable, from }: Setting): string => (changeable ? "" : ` It is fixed by the ${from} of the server, and changed there.`);

function Form({ settings }: { settings: Shape }) {
  const { home_zone, units, home_zone_notice } = settings;
  const [zone, setZone] = useState(home_zone.value);
  const [unit, setUnit] = useState(units.value);
  const [saved, setSaved] = useState(false);
  const save = useAction(async () => {
    setSaved(false);
    await send("PUT", "/api/v1/settings", { home_zone: home_zone.changeable ? zone : undefined, units: units.changeable ? unit : undefined });
    await refresh();
    setSaved(true);
  });
  const submit = (event: Event) => {
    event.preventDefault();
    void save.act();
  };
  const touched = zone !== home_zone.value || unit !== units.value;
  return (
    <form onSubmit={submit}>
      <label>
        Home zone
        <input list="zones" required disabled={!home_zone.changeable} value={zone} aria-describedby="zone-note" onInput={(event) => setZone(event.currentTarget.value.trim())} />
        <datalist id="zones">{Intl.supportedValuesOf("timeZone").map((name) => <option key={name} value={name} />)}</datalist>
      </label>
      <p id="zone-note" class="muted small">
        Where you live: it decides when a day begins. After a change, daily totals are recalculated; your stored data does not change.{fixed(home_zone)} {rules(settings)}
      </p>
      {home_zone_notice && <p class="notice">Look at this: {home_zone_notice}.</p>}
      <label>
        Units
        <select disabled={!units.changeable} value={unit} aria-describedby="unit-note" onChange={(event) => setUnit(event.currentTarget.value)}>
          {UNITS.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
        </select>
      </label>
      <p id="unit-note" class="muted small">Used on this page and in API answers unless a request says otherwise.{fixed(units)}</p>
      {(home_zone.changeable || units.changeable) && <button type="submit" disabled={save.busy || !touched}>Save</button>}{" "}
      <span class="done" role="status">{saved && !touched && "Saved."}</span>
      <Trouble action={save} />
    </form>
  );
}
