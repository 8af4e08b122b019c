// Measurements that come every few minutes make a line; where none came for longer, the line is broken.

export interface Point {
  /** Epoch seconds. */
  at: number;
  value: number | null;
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
