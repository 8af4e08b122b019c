import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** What is asked for when it comes near what is on show, so that a phone does not wait for what nobody scrolls to. */
export function Near({ children }: { children: ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && setNear(true));
    if (place.current) seen.observe(place.current);
    return () => seen.disconnect();
  }, []);
  return near ? <>{children}</> : <div ref={place} class="near" />;
}
