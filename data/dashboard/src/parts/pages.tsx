// A list that the server hands out by page, read on by a button. Its first page is asked for anew when this page has
// changed something; what was read on then begins again, because the old cursors may skip or repeat a row.

import { useEffect, useState } from "preact/hooks";

import { address, type Answer, ask, type Params, useAnswer } from "../lib/api.ts";
import { Trouble, useAction } from "./action.tsx";

type Page<T> = Record<string, T[]> & { next_cursor?: string };

export interface Pages<T> extends Answer<T[]> {
  /** Reads the next page; none when all is there. */
  more?: () => Promise<void>;
  busy: boolean;
  /** Why the next page did not come. */
  problem: string;
}

/** `name` is that of the list in the answer. */
export function usePages<T>(path: string | undefined, name: string, params: Params = {}): Pages<T> {
  const first = useAnswer<Page<T>>(path, params);
  const [rest, setRest] = useState<Page<T>[]>([]);
  useEffect(() => setRest([]), [first.data, path && address(path, params)]);
  const last = rest.at(-1) ?? first.data;
  const cursor = last?.next_cursor;
  const next = useAction(async () => {
    const page = await ask<Page<T>>(path ?? "", { ...params, cursor });
    setRest((before) => [...before, page]);
  });
  const data = first.data && [first.data, ...rest].flatMap((page) => page[name] ?? []);
  return { ...first, data, more: cursor ? next.act : undefined, busy: next.busy, problem: next.problem };
}

/** The button below a list that goes on. */
export function More({ pages }: { pages: Pages<unknown> }) {
  return (
    <>
      <Trouble action={pages} />
      {pages.more && <p><button type="button" class="quiet" disabled={pages.busy} onClick={() => void pages.more?.()}>Show more</button></p>}
    </>
  );
}
