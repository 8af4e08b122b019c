// What `GET /api/v1/explain` tells of a day, in the words of the page: what counts, what each source says alone, and what later
// deliveries have replaced.

import type { ComponentChildren } from "preact";

import { useAnswer } from "../lib/api.ts";
import { addDays, dateOf, instantOf } from "../lib/days.ts";
import { count, date, dateTime, minutes, number, time, title, unitOf } from "../lib/format.ts";
import { writer } from "../lib/metrics.ts";
import { href } from "../lib/router.ts";
import { Shown } from "./state.tsx";

type Grain = "raw" | "minute" | "hour" | "day" | "week" | "month" | "year";

interface Claim {
  kind: "sample" | "bucket" | "hand" | "shortcut";
  grain: Grain;
  source: string;
  start: string;
  end: string;
  value: number | null;
  counted: number;
  samples: number;
  /** Of a mean: seconds, or values where each counts the same. */
  weight?: number;
  delivery?: string;
  received_at?: string;
  why: string;
}

interface Superseded {
  delivery?: string;
  received_at?: string;
  by?: string;
  by_received_at?: string;
  grain: Grain;
  source: string;
  samples: number;
  value: number | null;
}

interface Explanation {
  unit: string;
  value: number | null;
  claims: Claim[];
  more?: { claims: number; counted: number };
  alone: { source?: string; grain?: Grain; value: number | null }[];
  superseded: Superseded[];
  sentence: string;
}

export function Reasons({ metric, day }: { metric: string; day: string }) {
  const answer = useAnswer<Explanation>(`/api/v1/explain/${encodeURIComponent(metric)}`, { date: day });
  return (
    <Shown answer={answer}>
      {(told) => (
        <>
          <p>{sentence(told, metric)}</p>
          <Told told={told} day={metric === "sleep" ? undefined : day} write={told.unit === "min" ? minutes : writer(metric, told.unit)} />
          <p class="muted small">{check(metric, day)}</p>
        </>
      )}
    </Shown>
  );
}

/** The server's words, with the date and the unit as they stand elsewhere on the page. */
function sentence({ sentence: words, unit, value }: Explanation, metric: string): string {
  const dated = words.replace(/\b\d{4}-\d\d-\d\d\b/g, (day) => date(day));
  if (unit === "min" && value !== null) return dated.replace(/: [\d,.]+ min(utes)?/, `: ${minutes(value)}`);
  return unit === "count" ? dated : dated.replace(` ${unit}`, ` ${unitOf(metric, unit)}`);
}

function check(metric: string, day: string): string {
  const name = metric === "sleep" ? "Sleep" : title(metric);
  return `To check it on the phone: Health app → Search → ${name} → D, at ${date(day)}. Its Show All Data lists each entry with its source.`;
}

/** Without a day, as of a night, times stand without a date. */
function Told({ told, day, write }: { told: Explanation; day?: string; write: (value: number) => string }) {
  const counts = told.claims.filter(({ counted, weight }) => counted !== 0 || weight !== undefined);
  const others = told.claims.filter((claim) => !counts.includes(claim));
  const weights = counts.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  const part = ({ counted, weight }: Claim) => (weight === undefined ? write(counted) : `${number((100 * weight) / weights)}%`);
  const table = (label: string, claims: Claim[]) => <Claims label={label} claims={claims} day={day} write={write} part={part} head={weights ? "Share" : "Counts"} />;
  const alone = told.alone.filter(({ value }) => value !== null);
  const differ = new Set(alone.map(({ value }) => value)).size > 1;
  return (
    <>
      {counts.length > 0 && <Part heading="What counts">{table("What counts", counts)}</Part>}
      {told.more && <p class="muted small">{count(told.more.claims, "smaller entry", "smaller entries")} beside them{weights ? "." : `, ${write(told.more.counted)} together.`}</p>}
      {others.length > 0 && (
        <details>
          <summary>What does not count ({number(others.length)})</summary>
          {table("What does not count", others)}
        </details>
      )}
      {differ && (
        <Part heading="What each would say alone">
          <ul class="rows">{alone.map((one, at) => <li key={at}><span>{one.grain ? GRAINS[one.grain] : sourceName(one.source)}</span><b>{write(one.value ?? 0)}</b></li>)}</ul>
        </Part>
      )}
      {told.superseded.length > 0 && (
        <Part heading="What later deliveries have replaced">
          <ul class="rows wraps">{told.superseded.map((gone, at) => <Gone key={at} gone={gone} write={write} />)}</ul>
        </Part>
      )}
    </>
  );
}

const Part = ({ heading, children }: { heading: string; children: ComponentChildren }) => <section><h3>{heading}</h3>{children}</section>;

const GRAINS: Record<Grain, string> = {
  raw: "All samples, overlaps counted once", minute: "The phone's minutes", hour: "The phone's hours", day: "The phone's day",
  week: "The phone's week", month: "The phone's month", year: "The phone's year",
};

const sourceName = (name?: string): string => (name ? name.split("|").join(", ") : "Without a name");

interface ClaimsProps {
  label: string;
  claims: Claim[];
  day?: string;
  write: (value: number) => string;
  part: (claim: Claim) => string;
  head: string;
}

function Claims({ label, claims, day, write, part, head }: ClaimsProps) {
  return (
    <div class="scroll tall" tabIndex={0} role="region" aria-label={label}>
      <table class="stacked">
        <thead><tr><th scope="col">Time</th><th scope="col">From</th><th scope="col" class="number">Says</th><th scope="col" class="number">{head}</th><th scope="col">Because</th></tr></thead>
        <tbody>
          {claims.map((claim, at) => (
            <tr key={at}>
              <td data-label="Time">{stretch(claim, day)}</td>
              <td data-label="From"><span>{from(claim)}{claim.delivery && <small>{delivered(claim.delivery, claim.received_at)}</small>}</span></td>
              <td data-label="Says" class="number">{claim.value === null ? "–" : write(claim.value)}</td>
              <td data-label={head} class="number">{part(claim)}</td>
              <td data-label="Because"><span>{claim.why}</span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** "08:05 – 08:10", and the date of what is of another day. */
function stretch({ start, end }: Claim, day = ""): string {
  const [from, to] = day ? [instantOf(day) * 1000, instantOf(addDays(day, 1)) * 1000] : [];
  if (Date.parse(start) === from && Date.parse(end) === to) return "the whole day";
  const at = (moment: string) => (!day || dateOf(moment) === day || Date.parse(moment) === to ? time(moment) : dateTime(moment));
  return start === end ? at(start) : `${at(start)} – ${at(end)}`;
}

const NOUNS: Record<Grain, [one: string, many: string]> = {
  raw: ["sample", "samples"], minute: ["minute", "minutes"], hour: ["hour", "hours"], day: ["day", "days"], week: ["week", "weeks"],
  month: ["month", "months"], year: ["year", "years"],
};

function from({ kind, grain, source, samples }: Claim): string {
  const what = kind === "hand" ? count(samples, "entry by hand", "entries by hand") : kind === "shortcut" ? "a Shortcut's sum" : count(samples, ...NOUNS[grain]);
  return `${sourceName(source)}, ${what}`;
}

const delivered = (id: string, at?: string) => <a href={href("data", "deliveries", id)}>received {at ? dateTime(at) : "once"}</a>;

function Gone({ gone, write }: { gone: Superseded; write: (value: number) => string }) {
  const said = gone.value === null ? "" : `: ${write(gone.value)}`;
  return (
    <li>
      <span>{sourceName(gone.source)}, {count(gone.samples, ...NOUNS[gone.grain])}{said}{gone.delivery && <small> {delivered(gone.delivery, gone.received_at)}</small>}</span>
      <span class="muted">{gone.by ? <>replaced by what was {delivered(gone.by, gone.by_received_at)}</> : "replaced since"}</span>
    </li>
  );
}
