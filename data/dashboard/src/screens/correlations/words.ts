// What a correlation says, and what it does not, in sentences.

import { count, number } from "../../lib/format.ts";
import { FEWEST, type Relation } from "../../lib/statistics.ts";
import type { Choice } from "./days.ts";

/** "resting heart rate", as it stands within a sentence; abbreviations keep their capitals. */
export const inside = ({ name }: Choice): string => (/^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name);

const more = (choice: Choice): string => `${choice.amount ? "more" : "a higher"} ${inside(choice)}`;

function when(a: Choice, lag: number): string {
  if (lag) return `${lag === 1 ? "The day" : "Two days"} after ${more(a)}`;
  return a.key === "sleep" ? "On days after more sleep" : `On days with ${more(a)}`;
}

export function sentence(a: Choice, b: Choice, lag: number, { direction, spearman }: Relation): string {
  if (!direction) return `Not clear: ${inside(a)} and ${inside(b)} may well have nothing to do with each other. What is seen here can be chance.`;
  const tend = b.name.endsWith("s") ? "tend" : "tends";
  const size = Math.abs(spearman);
  const strength = size < 0.3 ? "slightly" : size < 0.5 ? "noticeably" : "strongly";
  return `${when(a, lag)}, your ${inside(b)} ${tend} to be ${direction > 0 ? "higher" : "lower"}. The two go together ${strength}.`;
}

export const r = (value: number): string => number(Math.round(value * 100) / 100 || 0, 2).replace("-", "−");

export const between = ([low, high]: [number, number]): string => `${r(low)} to ${r(high)}`;

export function details({ n, worth, pearson, spearman, pearsonInterval, spearmanInterval }: Relation): string {
  const counted = worth < n * 0.95 ? `, which count as ${number(worth, 0)} because a day resembles the one before` : "";
  return `From ${count(n, "pair")} of days${counted}. Pearson’s r is ${r(pearson)} (95% interval ${between(pearsonInterval)}); by ranks, Spearman’s r is ${r(spearman)} (${between(spearmanInterval)}).`;
}

export const tooFew = (n: number, a: Choice, b: Choice): string =>
  n < FEWEST
    ? `Both ${inside(a)} and ${inside(b)} are known of only ${count(n, "day")}. Below ${FEWEST}, chance would decide, so nothing is said. Choose a longer time.`
    : `One of the two is the same on all ${count(n, "day")}, so there is nothing to compare.`;
