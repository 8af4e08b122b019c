// An answer that takes several requests, treated as one.

import { useEffect, useState } from "preact/hooks";

import { type Answer, changes, Problem } from "./api.ts";

/** Works while the component is on show, and again when `key` changes or this page has changed something. Nothing is done without a key. */
export function useWork<T>(key: string | undefined, work: (stop: AbortSignal) => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ loading: key !== undefined });
  const version = changes.value;
  useEffect(() => {
    if (key === undefined) return setAnswer({ loading: false });
    const stop = new AbortController();
    setAnswer((before) => ({ data: before.data, loading: true }));
    work(stop.signal).then(
      (data) => stop.signal.aborted || setAnswer({ data, loading: false }),
      (fault) => stop.signal.aborted || setAnswer({ error: fault instanceof Problem ? fault : new Problem(-1, String(fault)), loading: false }),
    );
    return () => stop.abort();
  }, [key, version]);
  return answer;
}
