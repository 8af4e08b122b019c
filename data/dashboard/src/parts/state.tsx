// What stands in the place of an answer that is not there: on its way, refused, or empty.

import type { ComponentChildren } from "preact";

import type { Answer } from "../lib/api.ts";

/** Shows what an answer holds, or why it holds nothing. While a newer one is on its way, the older one stays. */
export function Shown<T>({ answer, empty, isEmpty, children }: {
  answer: Answer<T>;
  empty?: ComponentChildren;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ComponentChildren;
}) {
  const { data, error, loading } = answer;
  if (error && error.status !== 0) return <p class="problem" role="alert">{error.message}</p>;
  if (data === undefined) return loading ? <p class="muted" role="status">Loading…</p> : null;
  if (isEmpty?.(data)) return <p class="empty">{empty ?? "There is nothing here yet."}</p>;
  return <div class={loading ? "renewing" : undefined} aria-busy={loading}>{children(data)}</div>;
}
