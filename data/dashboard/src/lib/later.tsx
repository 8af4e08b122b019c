import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { changes } from "./api.ts";
import { refresh } from "./session.ts";

/** A component whose script is fetched when it is first shown. */
export function later<P extends object>(fetched: () => Promise<ComponentType<P>>): ComponentType<P> {
  let known: ComponentType<P> | undefined;
  return function Later(props: P) {
    const [View, setView] = useState(() => known);
    const [failed, setFailed] = useState(false);
    const version = changes.value;
    useEffect(() => {
      // Either the server is away, which asking it finds out, and this is tried again when it is back; or it has another page by now.
      if (!known) fetched().then((view) => setView(() => (known = view)), () => refresh().then(() => setFailed(true)));
    }, [version]);
    if (View) return <View {...props} />;
    return failed
      ? <p class="problem" role="alert">This part of the page could not be fetched. <button onClick={() => location.reload()}>Load the page again</button></p>
      : <p class="muted" role="status" aria-busy="true">Loading…</p>;
  };
}
