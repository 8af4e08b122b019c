// Which stretch of time is on show. It stands in the address, so that a view can be linked to and reloaded.

import { addDays, type Range, rangeOf, type Span, SPAN_NAMES, SPANS, step } from "../lib/days.ts";
import { date } from "../lib/format.ts";
import { route, setQuery } from "../lib/router.ts";

/** The view, read from the address. */
export interface View {
  span: Span;
  /** The day after the last one; none for the running span. */
  end?: string;
  range: Range;
  /** Whether a part was dragged over, rather than a whole span. */
  zoomed?: boolean;
}

/** What somebody has typed into the address may be no date. */
const day = (text: string | null): string | undefined => (text && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined);

export function useView(initial: Span = "M"): View {
  const { query } = route.value;
  const span = SPANS.find((one) => one === query.get("range")) ?? initial;
  const [from, to] = [day(query.get("from")), day(query.get("to"))];
  if (from && to && from < to) return { span, end: to, range: { start: from, end: to }, zoomed: true };
  const end = day(query.get("end"));
  return { span, end, range: rangeOf(span, end) };
}

/** Shows a part of the time, as after a drag over a chart: local dates, `to` excluded. */
export function zoomTo(from: string, to: string): void {
  setQuery({ from, to, end: undefined });
}

const pick = (span: Span) => setQuery({ range: span, end: undefined, from: undefined, to: undefined });

/** A stretch of time in words: its first and its last day. */
export function named({ start, end }: Range): string {
  if (!start || !end) return "Everything";
  const last = addDays(end, -1);
  return start === last ? date(start) : `${date(start)} – ${date(last)}`;
}

/** `spans` are the lengths to choose from. */
export function Spans({ view, spans = SPANS }: { view: View; spans?: readonly Span[] }) {
  const { span, range, end, zoomed } = view;
  const [earlier, later] = [step(span, end, -1), end ? step(span, end, 1) : undefined];
  const move = (to?: string) => setQuery({ end: to, from: undefined, to: undefined });
  return (
    <div class="spans">
      <div class="segments" role="group" aria-label="Length of time">
        {spans.map((one) => (
          <button key={one} aria-pressed={!zoomed && one === span} onClick={() => pick(one)}>
            <span aria-hidden="true">{one}</span><span class="hidden">{SPAN_NAMES[one]}</span>
          </button>
        ))}
      </div>
      <div class="steps">
        <button class="quiet" aria-label={`The ${SPAN_NAMES[span]} before`} disabled={span === "All"} onClick={() => move(earlier)}>‹</button>
        <span aria-live="polite">{named(range)}</span>
        <button class="quiet" aria-label={`The ${SPAN_NAMES[span]} after`} disabled={!end} onClick={() => move(later)}>›</button>
        {zoomed && <button class="quiet" onClick={() => pick(span)}>Back to the {SPAN_NAMES[span]}</button>}
      </div>
    </div>
  );
}
