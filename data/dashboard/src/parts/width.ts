// How wide a drawing may be. An SVG that is stretched to its frame has letters that nobody can read on a phone; one that is
// drawn in the pixels of its frame has not.

import { useEffect, useRef, useState } from "preact/hooks";

export function useWidth(): { frame: { current: HTMLDivElement | null }; width: number } {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!frame.current) return;
    const watch = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);
  return { frame, width };
}
