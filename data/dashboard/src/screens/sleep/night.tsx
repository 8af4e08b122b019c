// One night: what it was in words, its stages, heart and breath beneath them, and its figures against the 60 nights before.

import { useMemo, useState } from "preact/hooks";

import { useAnswer } from "../../lib/api.ts";
import { addDays } from "../../lib/days.ts";
import { dateTime, minutes, number, time, title, unitOf } from "../../lib/format.ts";
import { joined, silence } from "../../lib/gaps.ts";
import { FIGURES, type Night, parts, type Segment, type Stage, STAGES, usual } from "../../lib/nights.ts";
import type { Usual } from "../../lib/statistics.ts";
import { AsTable } from "../../parts/as-table.tsx";
import { Chart } from "../../parts/chart.tsx";
import { usePng } from "../../parts/png.ts";
import { UseThis } from "../../parts/use-this.tsx";
import { Why } from "../../parts/why.tsx";
import { extentOf, Hypnogram, seconds, STAGE_NAMES, stageOf } from "./hypnogram.tsx";
import type { Nights } from "./index.tsx";

export function NightView({ night }: { night: Night }) {
  const [at, setAt] = useState<number | null>(null);
  const before = useAnswer<Nights>("/api/v1/sleep", { start: addDays(night.date, -60), end: night.date, segments: false });
  const extent = extentOf(night);
  return (
    <>
      <Words night={night} before={before.data?.nights ?? []} />
      {extent && night.segments.length > 0 && <Hypnogram night={night} extent={extent} at={at} />}
      {extent && <Vitals extent={extent} onCursor={setAt} />}
      {before.error && <p class="problem" role="alert">The nights before cannot be compared with: {before.error.message}</p>}
      <Figures night={night} before={before.error ? [] : before.data?.nights} />
      {night.segments.length > 0 && <AsTable label="The stages as a table" head={["From", "To", "Stage", "Length"]} rows={() => night.segments.map(row)} />}
      <Why metric="sleep" day={night.date} />
    </>
  );
}

const row = (one: Segment): string[] =>
  [time(one.start), time(one.end), STAGE_NAMES[stageOf(one)], minutes((seconds(one.end) - seconds(one.start)) / 60)];

function Words({ night, before }: { night: Night; before: Night[] }) {
  const habit = usual(before.map((one) => one.asleep_minutes));
  const staged = STAGES.slice(1, 4).some((stage) => night.stages[stage] !== undefined);
  const { naps } = parts(night);
  return (
    <>
      <p class="lead">
        <b>{minutes(night.asleep_minutes)}</b> asleep{night.start && night.end ? `, from ${time(night.start)} to ${time(night.end)}` : ""}.{" "}
        {habit && night.asleep_minutes !== undefined && `That is ${verdict(night.asleep_minutes, habit)} (typically ${minutes(habit.low)} – ${minutes(habit.high)}). `}
        {naps.length > 0 && `This includes sleep from ${naps.map((nap) => `${time(nap[0]?.start ?? "")} to ${time(nap.at(-1)?.end ?? "")}`).join(" and from ")}.`}
      </p>
      <p class="muted">
        {night.summary === "phone" ? "Only the night's totals were sent, so there is no timeline. "
          : !staged ? "Nothing has recorded stages in this night, only that you were asleep. " : ""}
        {night.source && `Recorded by ${night.source.split("|").join(", ")}.`}
      </p>
    </>
  );
}

const verdict = (value: number, { low, high }: Usual): string => value < low ? "below your usual range" : value > high ? "above your usual range" : "within your usual range";

interface Points {
  unit: string;
  points: { start: string; avg: number; min: number; max: number }[];
  whole: { avg: number; min: number; max: number };
}

function Vitals({ extent, onCursor }: { extent: [number, number]; onCursor: (at: number | null) => void }) {
  return (
    <>
      <Vital metric="heart_rate" colour="heart" extent={extent} onCursor={onCursor} />
      <Vital metric="respiratory_rate" colour="third" extent={extent} onCursor={onCursor} />
    </>
  );
}

function Vital({ metric, colour, extent: [from, to], onCursor }: { metric: string; colour: string; extent: [number, number]; onCursor: (at: number | null) => void }) {
  const params = { bucket: "5m", stat: "avg,min,max", start: from, end: to, layer: "raw" };
  const path = `/api/v1/aggregate/${metric}`;
  const { data } = useAnswer<Points>(path, { ...params, whole: "avg,min,max" });
  const drawn = useMemo(() => {
    const points = (data?.points ?? []).map(({ start, avg }) => ({ at: seconds(start), value: avg }));
    return joined(points, silence(points, 20 * 60));
  }, [data]);
  const png = usePng(`${title(metric)} in the night`, `${dateTime(from * 1000)} – ${time(to * 1000)}`, [{ label: title(metric), colour }]);
  if (!data) return null;
  if (!data.points.length) return <p class="muted">No {title(metric).toLowerCase()} was measured in this night.</p>;
  const name = unitOf(metric, data.unit);
  const write = (value: number) => `${number(value, metric === "heart_rate" ? 0 : 1)} ${name}`;
  const { avg, min: low, max: high } = data.whole;
  return (
    <section class="part">
      <header>
        <h3>{title(metric)}</h3>
        <p class="muted">{number(low, 0)} to {write(high)}, on average {write(avg)}.</p>
        <div class="actions"><UseThis asked={{ path, params }} png={png.save} /></div>
      </header>
      <Chart
        label={`${title(metric)} in the night`} x={drawn.x} lines={[{ label: `${title(metric)} (${name})`, values: drawn.values, colour, write }]}
        height={140} sync="night" span={[from, to]} when={(at) => time(at * 1000)} onCursor={onCursor} onReady={png.onReady}
      />
    </section>
  );
}

interface Figure {
  label: string;
  of: (night: Night) => number | undefined;
  write: (value: number) => string;
  /** As a part of the time asleep. */
  share?: boolean;
}

const percent = (value: number): string => `${number(value, 0)}%`;
const stage = (name: Stage): Figure => ({ label: name === "unspecified" ? "No stage" : STAGE_NAMES[name], of: (night) => night.stages[name], write: minutes, share: name !== "awake" });

const ROWS: Figure[] = [
  { label: "Asleep", of: FIGURES.asleep!, write: minutes },
  { label: "In bed", of: FIGURES.inBed!, write: minutes },
  { label: "Efficiency", of: FIGURES.efficiency!, write: percent },
  ...STAGES.map(stage),
];

function Figures({ night, before }: { night: Night; before?: Night[] }) {
  const known = ROWS.filter(({ of }) => of(night) !== undefined && !(of(night) === night.stages.unspecified && of !== FIGURES.asleep));
  return (
    <div class="scroll" tabIndex={0}>
      <table>
        <caption class="hidden">The night in figures</caption>
        <thead><tr><th scope="col"><span class="hidden">Figure</span></th><th scope="col" class="number">This night</th><th scope="col" class="number">Usually</th><th scope="col">vs. usual</th></tr></thead>
        <tbody>{known.map((row) => <FigureRow key={row.label} row={row} night={night} habit={before && usual(before.map(row.of))} waiting={!before} />)}</tbody>
      </table>
      <p class="muted">Usually: the median of the 60 nights before; at least 14 of them are needed. Efficiency is the part of the time in bed that you were asleep; the shares of stages are of the time asleep.</p>
    </div>
  );
}

function FigureRow({ row: { label, of, write, share }, night, habit, waiting }: { row: Figure; night: Night; habit?: Usual; waiting: boolean }) {
  const value = of(night) ?? 0;
  return (
    <tr>
      <th scope="row">{label}</th>
      <td class="number">{write(value)}{share && night.asleep_minutes ? <small>{percent((100 * value) / night.asleep_minutes)}</small> : null}</td>
      <td class="number">{habit ? write(habit.median) : "–"}</td>
      <td>{habit ? verdict(value, habit).replace(/within.*| your usual range/, "") || "typical" : waiting ? "…" : "too few nights"}</td>
    </tr>
  );
}
