// The samples of one metric on one day, each to be deleted or corrected. In the unit that they are stored in: a correction
// is stored as it is typed.

import { useState } from "preact/hooks";

import { addDays, dateOf } from "../../lib/days.ts";
import { number, time, unitOf } from "../../lib/format.ts";
import { useMetrics } from "../../lib/metrics.ts";
import { route, setQuery } from "../../lib/router.ts";
import { sourceName } from "../../lib/sources.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { More, usePages } from "../../parts/pages.tsx";
import { Shown } from "../../parts/state.tsx";
import { day, type FormProps, MetricChoice } from "./choose.tsx";

interface Sample {
  start: string;
  end: string;
  value: number;
  source?: string;
  layer: string;
}

const PAGE = 50;

export function Samples({ choose }: FormProps) {
  const { query } = route.value;
  const metric = query.get("metric") ?? "";
  const stored = useMetrics().data?.metrics.find(({ name }) => name === metric);
  const on = day(query.get("start")) || (stored ? dateOf(stored.last) : "");
  const pages = usePages<Sample>(stored && on ? `/api/v1/data/${encodeURIComponent(metric)}` : undefined, "samples", { start: on, end: on && addDays(on, 1), limit: PAGE, units: "metric" });
  const [correcting, correct] = useState<Sample>();
  const unit = stored ? unitOf(metric, stored.unit) : "";
  const named = ({ start, source, layer }: Sample) => ({ metric, start, source: source || undefined, layer });
  return (
    <>
      <form class="row" onSubmit={(event) => event.preventDefault()}>
        <MetricChoice name={metric} />
        <label>Day <input type="date" value={on} onChange={(event) => setQuery({ start: event.currentTarget.value || undefined, end: undefined })} /></label>
      </form>
      {stored && (
        <Shown answer={pages} isEmpty={(rows) => !rows.length} empty="Nothing was measured on this day. Choose another.">
          {(rows) => (
            <ul class="rows">
              {rows.map((one, at) => (
                <li key={at}>
                  <span><b>{number(one.value, 3)} {unit}</b> {spanOf(one)} <span class="muted small">{sourceName(one.source)}{one.layer !== "raw" && `, by the ${one.layer}`}</span></span>
                  <span class="buttons">
                    <button class="quiet tiny" aria-label={`Correct ${spanOf(one)}`} onClick={() => correct(one)}>Correct…</button>
                    <button class="quiet tiny" aria-label={`Delete ${spanOf(one)}`} onClick={() => choose({ sample: named(one) })}>Delete…</button>
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Shown>
      )}
      <More pages={pages} />
      {correcting && <Value sample={correcting} unit={unit} close={() => correct(undefined)} set={(value) => { correct(undefined); choose({ correction: { ...named(correcting), value } }); }} />}
    </>
  );
}

const spanOf = ({ start, end }: Sample): string => (time(start) === time(end) ? time(start) : `${time(start)} – ${time(end)}`);

function Value({ sample, unit, set, close }: { sample: Sample; unit: string; set: (value: number) => void; close: () => void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    set(Number(new FormData(event.currentTarget as HTMLFormElement).get("value")));
  };
  return (
    <Dialog title="Correct this value" close={close}>
      <form onSubmit={submit}>
        <label>Correct value{unit && ` (${unit})`} for {spanOf(sample)} <input name="value" type="number" step="any" required defaultValue={String(sample.value)} /></label>
        <p class="buttons"><button type="submit">Preview…</button><button type="button" class="quiet" onClick={close}>Cancel</button></p>
      </form>
    </Dialog>
  );
}
