// Whether two things go together from day to day. The screen is made to keep people from believing too much: few pairs say
// nothing, an interval stands beside every figure, and what comes from seasons and weekends can be taken out.

import { addDays, addMonths, today } from "../../lib/days.ts";
import { date, number } from "../../lib/format.ts";
import { useMetrics } from "../../lib/metrics.ts";
import { route, setQuery } from "../../lib/router.ts";
import { detrend, pairs, relation } from "../../lib/statistics.ts";
import { useWork } from "../../lib/work.ts";
import { AsTable } from "../../parts/as-table.tsx";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { type Choice, choices, type Days, load } from "./days.ts";
import { Everything } from "./everything.tsx";
import { Scatter } from "./scatter.tsx";
import { details, inside, sentence, tooFew } from "./words.ts";

const LAGS = ["on the same day", "on the next day", "two days later"];
const OVER: Record<string, string> = { 3: "3 months", 6: "6 months", 12: "a year", 24: "2 years", 60: "5 years" };

/** What is asked, read from the address. */
export interface Asking {
  lag: number;
  start: string;
  end: string;
  /** Two weeks more at the start, which removing trends costs. */
  from: string;
  plain: boolean;
}

function asking(): Asking {
  const { query } = route.value;
  const end = today();
  const over = query.get("over") ?? "";
  const start = addMonths(end, -Number(Object.hasOwn(OVER, over) ? over : 6));
  const plain = !query.has("without");
  return { lag: Math.max(0, ["0", "1", "2"].indexOf(query.get("lag") ?? "")), start, end, from: plain ? start : addDays(start, -14), plain };
}

export function Correlations() {
  const metrics = useMetrics();
  return (
    <>
      <h1>Correlations</h1>
      <Shown answer={metrics} isEmpty={({ metrics }) => !metrics.length} empty="There is no data to compare yet.">
        {({ metrics }) => <Chosen all={choices(metrics)} />}
      </Shown>
    </>
  );
}

function Chosen({ all }: { all: Choice[] }) {
  const { query } = route.value;
  const find = (key: string | null, ...otherwise: string[]) => [key, ...otherwise].map((one) => all.find((choice) => choice.key === one)).find(Boolean);
  const [first, second] = all;
  const a = find(query.get("a"), "sleep") ?? first;
  const b = find(query.get("b"), "resting_heart_rate", "heart_rate", "step_count") ?? second;
  if (!a || !b) return null;
  return (
    <>
      <Controls all={all} a={a} b={b} />
      <div class="grid">
        <Pair key={`${a.key} ${b.key}`} a={a} b={b} asking={asking()} />
        <Everything all={all} b={b} asking={asking()} />
      </div>
    </>
  );
}

function Choose({ label, value, options, name }: { label: string; value: string; options: [string, string][]; name: string }) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
        {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
      </select>
    </label>
  );
}

function Controls({ all, a, b }: { all: Choice[]; a: Choice; b: Choice }) {
  const { query } = route.value;
  const names = all.map(({ key, name }): [string, string] => [key, name]);
  return (
    <div class="controls">
      <Choose label="Does" name="a" value={a.key} options={names} />
      <Choose label="go with" name="b" value={b.key} options={names} />
      <Choose label="when" name="lag" value={query.get("lag") ?? "0"} options={LAGS.map((text, at) => [String(at), text])} />
      <Choose label="over the last" name="over" value={query.get("over") ?? "6"} options={Object.entries(OVER)} />
      <label class="check">
        <input type="checkbox" checked={query.has("without")} onChange={(event) => setQuery({ without: event.currentTarget.checked ? "trends" : undefined })} />
        Remove weekly and long-term trends
      </label>
    </div>
  );
}

/** The values to compare: as they are, or without their trends. */
export const compared = ({ values }: Days, { plain }: Asking) => (plain ? values : detrend(values));

function Pair({ a, b, asking }: { a: Choice; b: Choice; asking: Asking }) {
  const { from, end } = asking;
  const loaded = useWork(`${a.key} ${b.key} ${from} ${end}`, (stop) => Promise.all([load(a, from, end, stop), load(b, from, end, stop)]));
  return (
    <Card wide title={`${a.name} and ${inside(b)}`} note={LAGS[asking.lag]} actions={loaded.data && <UseThis asked={loaded.data[1].asked} />}>
      <Shown answer={loaded}>{([x, y]) => <Compared x={x} y={y} asking={asking} />}</Shown>
    </Card>
  );
}

function Compared({ x, y, asking }: { x: Days; y: Days; asking: Asking }) {
  const [a, b] = [x.choice, y.choice];
  if (a === b && !asking.lag) return <p class="empty">Choose two different things, or a later day.</p>;
  const found = pairs(compared(x, asking), compared(y, asking), asking.lag);
  const known = relation(found);
  if (!known) return <p class="empty">{tooFew(found.x.length, a, b)}</p>;
  const words = sentence(a, b, asking.lag, known);
  const signed = (write: (value: number) => string) => asking.plain ? write : (value: number) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${write(Math.abs(value))}`;
  const [writeX, writeY] = [signed(x.write), signed(y.write)];
  const name = (choice: Choice) => (asking.plain ? choice.name : `${choice.name} (difference)`);
  const rows = () => found.at.map((at, index) => [date(addDays(asking.from, at)), writeX(found.x[index] ?? 0), writeY(found.y[index] ?? 0)]);
  return (
    <>
      <div class="words">
        <p class="lead">{words}</p>
        <p class="muted">{details(known)}</p>
      </div>
      <Scatter pairs={found} x={{ name: name(a), write: writeX, base: x.base }} y={{ name: name(b), write: writeY, base: y.base }} label={`${number(found.x.length)} days as dots, ${inside(a)} across, ${inside(b)} upwards. ${words}`} />
      <p class="muted">
        Going together does not mean that one causes the other. {asking.plain
          ? "Two things that both change with the season, over the years or at weekends seem to go together even when they have nothing to do with each other: take the trends out, and see what is left."
          : "Each day is compared with the 28 days around it and with its weekday, so seasons, slow changes and weekends are out of it."}
      </p>
      <AsTable head={["Day", a.name, b.name]} rows={rows} />
    </>
  );
}
