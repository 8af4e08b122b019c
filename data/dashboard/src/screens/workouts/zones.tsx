// How long the heart beat how fast. Zones are shares of a highest heart rate that nobody can measure at home, so the page
// says which one it took, and lets it be set.

import { useState } from "preact/hooks";

import { useAnswer } from "../../lib/api.ts";
import { moving, type Stretch, ZONES, zones } from "../../lib/course.ts";
import { addMonths, today } from "../../lib/days.ts";
import { minutes, number } from "../../lib/format.ts";
import type { Point } from "../../lib/gaps.ts";
import { clocked } from "../../lib/workouts.ts";
import { Card } from "../../parts/card.tsx";

const KEPT = "highest_heart_rate";
/** Nobody's highest heart rate is below this: a year without exertion has not shown it. */
const PLAUSIBLE = 120;
const NAMES = ["Very light", "Light", "Moderate", "Hard", "Very hard"];

/** `peak`: the highest heart rate that the workout tells of. */
export function Zones({ points, peak, span: [from, to], paused }: { points: Point[]; peak: number; span: [number, number]; paused: Stretch[] }) {
  const [own, setOwn] = useState(Number(localStorage.getItem(KEPT)) || undefined);
  const { data } = useAnswer<{ points: { max: number | null }[] }>("/api/v1/aggregate/heart_rate", { bucket: "year", stat: "max", start: addMonths(today(), -12) });
  const measured = [...(data?.points ?? []).map(({ max }) => max), ...points.map(({ value }) => value)].reduce<number>((most, one) => Math.max(most, one ?? 0), peak);
  const highest = own ?? Math.round(measured);
  const active = points.filter(({ at }) => !paused.some(([start, end]) => at >= start && at < end));
  const seconds = zones(active, highest, to);
  const sum = seconds.reduce((all, one) => all + one, 0);
  const missing = moving(from, to, paused) - sum;
  const set = (event: Event & { currentTarget: HTMLInputElement }) => {
    const value = event.currentTarget.valueAsNumber;
    const valid = value >= 100 && value <= 240 ? value : undefined;
    setOwn(valid);
    if (valid) localStorage.setItem(KEPT, String(valid));
    else localStorage.removeItem(KEPT);
  };
  const known = highest >= PLAUSIBLE;
  return (
    <Card title="Heart rate zones">
      {known && <div class="scroll" tabIndex={0}><table>
        <thead><tr><th scope="col">Zone</th><th scope="col" class="number">bpm</th><th scope="col" class="number">Time</th><th scope="col" class="number">Share</th><th scope="col" class="roomy"><span class="hidden">As a bar</span></th></tr></thead>
        <tbody>
          {ZONES.map((share, zone) => {
            const [low, next] = [Math.ceil(share * highest), ZONES[zone + 1]];
            const part = sum ? (100 * (seconds[zone] ?? 0)) / sum : 0;
            return (
              <tr key={zone}>
                <th scope="row">{zone + 1} {NAMES[zone]}</th>
                <td class="number">{!zone ? `under ${Math.ceil((next ?? 1) * highest)}` : next ? `${low} – ${Math.ceil(next * highest) - 1}` : `from ${low}`}</td>
                <td class="number">{clocked(seconds[zone] ?? 0)}</td>
                <td class="number">{number(part, 0)}%</td>
                <td class="fill roomy">{part > 0 && <span class="gauge" style={{ width: `${part}%` }} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table></div>}
      {known && missing > 60 && <p class="muted">For {minutes(missing / 60)} no heart rate was measured; they are in no zone.</p>}
      {!known ? <p>The highest heart rate of the last year is {highest} bpm, which cannot be your maximum, so there are no zones. Set it to see them.</p> : <p class="muted">Zones begin at 60, 70, 80 and 90 % of {highest} bpm, {own ? "which you have set" : "the highest that was measured in the last year or in this workout; your true maximum may be higher"}.</p>}
      <label>Your highest heart rate, if you know it (kept in this browser) <input type="number" min="100" max="240" inputMode="numeric" placeholder={String(Math.round(measured))} value={own ?? ""} onChange={set} /></label>
    </Card>
  );
}
