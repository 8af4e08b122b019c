// Why a day's number is what it is: a line that opens the reasons, which are asked for only then.

import { useState } from "preact/hooks";

import { daysBetween, type Range } from "../lib/days.ts";
import { later } from "../lib/later.tsx";

const Reasons = later(() => import("./reasons.tsx").then((script) => script.Reasons));

/** The day that a stretch is; none where it is longer. */
export const onlyDay = ({ start, end }: Range): string | undefined => (start && end && daysBetween(start, end) === 1 ? start : undefined);

/** A line that opens the reasons. `metric` may be `sleep`. */
export function Why({ metric, day }: { metric: string; day: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="as-table why" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Why this number?</summary>
      {open && <Reasons metric={metric} day={day} />}
    </details>
  );
}
