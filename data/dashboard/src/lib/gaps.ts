// Measurements that come every few minutes make a line; where none came for longer, the line is broken.

export interface Point {
  /** Epoch seconds. */
  at: number;
  value: number | null;
}

/** How long a silence breaks a line: at least so many seconds, or three times the usual distance of the points. */
export function silence(points: Point[], least: number): number {
  const steps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at)).sort((a, b) => a - b);
  return Math.max(least, 3 * (steps[steps.length >> 1] ?? 0));
}

/** The columns of a chart. `longest`: seconds between two points for a line to join them. */
export function joined(points: Point[], longest: number): { x: number[]; values: (number | null)[] } {
  const [x, values]: [number[], (number | null)[]] = [[], []];
  for (const { at, value } of points) {
    const last = x.at(-1);
    if (last !== undefined && at <= last) continue;
    if (last !== undefined && at - last > longest) {
      x.push(last + 1);
      values.push(null);
    }
    x.push(at);
    values.push(value);
  }
  return { x, values };
}
