// All workouts of a stretch of time. Weeks are summed here, so the pages are asked for one after the other until there are
// no more; a page holds some years of daily training.

import { type Answer, ask, type Params } from "../../lib/api.ts";
import { useWork } from "../../lib/work.ts";
import type { Workout } from "../../lib/workouts.ts";

export function useAll(params: Params): Answer<Workout[]> {
  return useWork(JSON.stringify(params), async (stop) => {
    const found: Workout[] = [];
    let cursor: string | undefined;
    do {
      const page = await ask<{ workouts: Workout[]; next_cursor?: string }>("/api/v1/workouts", { ...params, cursor }, stop);
      found.push(...page.workouts);
      cursor = page.next_cursor;
    } while (cursor);
    return found;
  });
}
