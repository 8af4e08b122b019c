// The way in kilometres or miles: how long each took, and how much it climbed.

import { useMemo } from "preact/hooks";

import { along, type Place, splits, type Stretch } from "../../lib/course.ts";
import { clocked, height, length, METRES, rate } from "../../lib/workouts.ts";
import { Card } from "../../parts/card.tsx";
import { imperial } from "./list.tsx";

export function Splits({ way, paused, activity }: { way: Place[]; paused: Stretch[]; activity: string }) {
  const far = imperial() ? METRES.mi! : METRES.km!;
  const metres = useMemo(() => along(way), [way]);
  const parts = useMemo(() => splits(way, metres, paused, far), [way, metres, paused, far]);
  const fastest = Math.max(0, ...parts.map((part) => part.metres / Math.max(1, part.seconds)));
  return (
    <Card title="Splits" note={`${length(metres.at(-1) ?? 0, imperial())} by the positions; a watch that counts steps as well may say otherwise.${paused.length ? " Pauses are left out." : ""}`}>
      <div class="scroll" tabIndex={0}>
        <table>
          <thead><tr><th scope="col">{imperial() ? "Mile" : "Kilometre"}</th><th scope="col" class="number roomy">Time</th><th scope="col" class="number">{rate(activity, 1, 1, imperial())?.label}</th><th scope="col" class="roomy"><span class="hidden">How fast, as a bar</span></th><th scope="col" class="number">Climbed</th></tr></thead>
          <tbody>
            {parts.map((part, index) => (
              <tr key={index}>
                <th scope="row">{part.metres === far ? index + 1 : length(part.metres, imperial())}</th>
                <td class="number roomy">{clocked(part.seconds)}</td>
                <td class="number">{rate(activity, part.metres, part.seconds, imperial())?.text ?? "–"}</td>
                <td class="fill roomy"><span class="gauge" style={{ width: `${(100 * part.metres) / Math.max(1, part.seconds) / fastest}%` }} /></td>
                <td class="number">{part.climbed === undefined ? "–" : height(part.climbed, imperial())}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
