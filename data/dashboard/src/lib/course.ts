// What can be reckoned from where somebody was when: distances, speeds, splits, climbing, and time in zones of the heart
// rate. Pure, in metres and seconds.

export interface Place {
  /** Epoch seconds. */
  at: number;
  latitude: number;
  longitude: number;
  altitude?: number;
}

/** A stretch of time: epoch seconds. */
export type Stretch = [from: number, to: number];

const EARTH = 6_371_008.8;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Metres along the great circle. */
export function distance(a: Place, b: Place): number {
  const [north, east] = [radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)];
  const chord = Math.sin(north / 2) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** The positions of the GeoJSON that the server writes; one alone is a point and no way. */
export function places(route: { features: { geometry: { type: string; coordinates: unknown }; properties: { times: string[] } }[] }): Place[] {
  const feature = route.features[0];
  if (feature?.geometry.type !== "LineString") return [];
  return (feature.geometry.coordinates as number[][]).map(([longitude = 0, latitude = 0, altitude], index) => (
    { at: Date.parse(feature.properties.times[index] ?? "") / 1000, latitude, longitude, altitude }
  ));
}

/** Metres from the start at each place. */
export function along(way: Place[]): number[] {
  let sum = 0;
  return way.map((place, index) => (sum += index ? distance(way[index - 1] ?? place, place) : 0));
}

/** Metres per second at each place, over half a minute around it: one position is off by metres, thirty seconds are not. */
export function speeds(way: Place[], metres: number[], reach = 15): (number | null)[] {
  let [from, to] = [0, 0];
  const at = (index: number) => way[index]?.at ?? 0;
  return way.map((place) => {
    while (at(from) < place.at - reach) from++;
    while (to + 1 < way.length && at(to + 1) <= place.at + reach) to++;
    const seconds = at(to) - at(from);
    return seconds >= 4 ? ((metres[to] ?? 0) - (metres[from] ?? 0)) / seconds : null;
  });
}

/** The pauses among a workout's events; one that is never ended lasts until the end. */
export function pauses(events: { kind: string; start: string; duration_seconds: number }[], end: number): Stretch[] {
  const found: Stretch[] = [];
  let since: number | undefined;
  for (const { kind, start, duration_seconds: span } of events) {
    const at = Date.parse(start) / 1000;
    if (kind === "pause" && span > 0) found.push([at, at + span]);
    else if (kind === "pause") since ??= at;
    else if (kind === "resume" && since !== undefined) {
      found.push([since, at]);
      since = undefined;
    }
  }
  return since === undefined ? found : [...found, [since, end]];
}

/** Where nobody tells of pauses, but a workout is shorter than it took: the longest silences of its route that find room in the difference. */
export function guessed(way: Place[], missing: number): Stretch[] {
  const silences = way.slice(1).map((place, index): Stretch => [way[index]?.at ?? place.at, place.at]).filter(([from, to]) => to - from >= 20);
  let left = missing + 15;
  return silences.sort((a, b) => b[1] - b[0] - (a[1] - a[0])).filter(([from, to]) => {
    const fits = to - from <= left;
    if (fits) left -= to - from;
    return fits;
  }).sort((a, b) => a[0] - b[0]);
}

/** Seconds between two instants that are in no pause. */
export function moving(from: number, to: number, paused: Stretch[]): number {
  const out = paused.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(to, end) - Math.max(from, start)), 0);
  return to - from - out;
}

/** Metres climbed; ups and downs below `least` are the barometer's, not the hill's. */
export function climbed(altitudes: (number | undefined)[], least = 2): number | undefined {
  let [low, sum]: [number | undefined, number] = [undefined, 0];
  for (const altitude of altitudes) {
    if (altitude === undefined) continue;
    if (low === undefined || altitude < low) low = altitude;
    else if (altitude - low >= least) [sum, low] = [sum + altitude - low, altitude];
  }
  return low === undefined ? undefined : sum;
}

export interface Split {
  from: number;
  to: number;
  metres: number;
  /** Without pauses. */
  seconds: number;
  climbed?: number;
}

/** The way cut into pieces of `length` metres, and what is left over. */
export function splits(way: Place[], metres: number[], paused: Stretch[], length: number): Split[] {
  const found: Split[] = [];
  let [from, first] = [way[0]?.at ?? 0, 0];
  const close = (to: number, index: number, size: number) => {
    found.push({ from, to, metres: size, seconds: moving(from, to, paused), climbed: climbed(way.slice(first, index + 1).map((place) => place.altitude)) });
    [from, first] = [to, index];
  };
  for (let index = 1; index < way.length; index++) {
    const [before, here] = [way[index - 1], way[index]];
    const [done, reached] = [metres[index - 1] ?? 0, metres[index] ?? 0];
    while (before && here && reached >= (found.length + 1) * length) {
      const share = ((found.length + 1) * length - done) / (reached - done || 1);
      close(before.at + share * (here.at - before.at), index, length);
    }
  }
  const rest = (metres.at(-1) ?? 0) - found.length * length;
  if (rest >= length / 100) close(way.at(-1)?.at ?? from, way.length - 1, rest);
  return found;
}

/** Of the highest heart rate, where each zone begins. */
export const ZONES = [0, 0.6, 0.7, 0.8, 0.9];

/** Seconds in each zone. A value counts until the next one, at most `longest`: what was not measured is in no zone. */
export function zones(points: { at: number; value: number | null }[], highest: number, end: number, longest = 120): number[] {
  const sums = ZONES.map(() => 0);
  points.forEach(({ at, value }, index) => {
    if (value === null) return;
    const zone = ZONES.findLastIndex((share) => value >= share * highest);
    sums[zone] = (sums[zone] ?? 0) + Math.max(0, Math.min((points[index + 1]?.at ?? end) - at, longest));
  });
  return sums;
}
