// One workout: its figures, heart and zones, what else was measured, and where it went.

import { useMemo, useState } from "preact/hooks";

import { useAnswer } from "../../lib/api.ts";
import { guessed, pauses, type Place, places, type Stretch } from "../../lib/course.ts";
import { date, minutes, number, time, title, unitOf } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import { type Figure, metresOf, rate, type Workout } from "../../lib/workouts.ts";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { Course } from "./course.tsx";
import { imperial } from "./list.tsx";
import { Measured } from "./measured.tsx";
import { Splits } from "./splits.tsx";

export interface Whole extends Workout {
  events: { kind: string; start: string; duration_seconds: number }[];
}

export function One({ id }: { id: string }) {
  const answer = useAnswer<Whole>(`/api/v1/workouts/${encodeURIComponent(id)}`);
  return (
    <>
      <p><a href={href("workouts")}>‹ All workouts</a></p>
      {!answer.data && <h1>Workout</h1>}
      <Shown answer={answer}>{(workout) => <View workout={workout} />}</Shown>
    </>
  );
}

function View({ workout }: { workout: Whole }) {
  const [at, setAt] = useState<number | null>(null);
  const [from, to] = [Date.parse(workout.start) / 1000, Date.parse(workout.end) / 1000];
  const path = `/api/v1/workouts/${workout.id}/route`;
  const route = useAnswer<Parameters<typeof places>[0]>(workout.has_route ? path : undefined);
  const way = useMemo<Place[]>(() => (route.data ? places(route.data) : []), [route.data]);
  const paused = useMemo<Stretch[]>(() => {
    const told = pauses(workout.events, to);
    return told.length ? told : guessed(way, to - from - workout.duration_seconds);
  }, [workout, way]);
  return (
    <>
      <h1>{title(workout.type)}</h1>
      <div class="grid">
        <Card
          wide title={`${date(workout.start.slice(0, 10), { weekday: "long", day: "numeric", month: "long", year: "numeric" })}, ${time(workout.start)} – ${time(workout.end)}`}
          note={[workout.location && title(workout.location), workout.source].filter(Boolean).join(" · ")}
          actions={<UseThis asked={{ path: "/api/v1/workouts", params: { start: workout.start, end: new Date((from + 1) * 1000).toISOString(), type: workout.type } }} />}
        >
          <Figures workout={workout} elapsed={to - from} />
        </Card>
        <Measured workout={workout} span={[from, to]} paused={paused} way={way} onCursor={setAt} />
        {workout.has_route
          ? <div class="wide"><Shown answer={route}>{() => way.length > 1
            ? <div class="grid"><Course way={way} at={at} path={path} activity={workout.type} /><Splits way={way} paused={paused} activity={workout.type} /></div>
            : <Card wide title="Route"><p class="empty">Only one point was recorded, so there is no route to draw.</p></Card>}</Shown></div>
          : <Card wide title="Route"><p class="empty">No route came with this workout, so there are no splits either.</p></Card>}
      </div>
    </>
  );
}

/** Those that have a place of their own, and others' names for the same distance. */
const SAID = /^(distance|active_energy|heart_rate|.*_distance)$/;

function Figures({ workout, elapsed }: { workout: Whole; elapsed: number }) {
  const { figures, duration_seconds: seconds, type } = workout;
  const metres = metresOf(workout);
  const pace = metres === undefined ? undefined : rate(type, metres, seconds, imperial());
  const distance = figures.distance ?? Object.entries(figures).find(([name]) => name.endsWith("_distance"))?.[1];
  return (
    <dl class="figures">
      <Item label="Duration" value={minutes(seconds / 60)} note={elapsed - seconds > 30 ? `${minutes(elapsed / 60)} with pauses` : undefined} />
      {distance && <Item label="Distance" value={told("distance", distance)} />}
      {pace && !(pace.label === "Speed" && figures.speed) && <Item label={pace.label} value={pace.text} />}
      {figures.active_energy && <Item label="Active energy" value={told("active_energy", figures.active_energy)} />}
      {figures.heart_rate && <Item label="Heart rate" value={told("heart_rate", figures.heart_rate)} note={reach(figures.heart_rate)} />}
      {Object.entries(figures).filter(([name]) => !SAID.test(name)).map(([name, figure]) => <Item key={name} label={title(name)} value={told(name, figure)} note={reach(figure)} />)}
    </dl>
  );
}

function Item({ label, value, note }: { label: string; value: string; note?: string }) {
  return <div><dt>{label}</dt><dd>{value}{note && <small>{note}</small>}</dd></div>;
}

function told(name: string, { unit, value, avg, max, min }: Figure): string {
  return `${number(value ?? avg ?? max ?? min, name === "heart_rate" ? 0 : undefined)} ${unitOf(name, unit)}`;
}

const reach = ({ min, max }: Figure): string | undefined =>
  min !== undefined && max !== undefined ? `${number(min, 0)} – ${number(max, 0)}` : max !== undefined ? `at most ${number(max)}` : undefined;
