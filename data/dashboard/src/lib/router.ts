// The page's own addresses are fragments, so that reloading one asks the server for nothing but the page itself.

import { signal } from "@preact/signals";

/** Where the page is: `#/metric/step_count?range=M` is the path ["metric", "step_count"] and the query range=M. */
export interface Route {
  path: string[];
  query: URLSearchParams;
}

export function parse(fragment: string): Route {
  const [path = "", query = ""] = fragment.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export const route = signal<Route>(parse(location.hash));

addEventListener("hashchange", () => {
  route.value = parse(location.hash);
  scrollTo(0, 0);
});

/** The fragment of a place: `href("metric", name)`, with a query as the last part: `href("metric", name, { range: "M" })`. */
export function href(...parts: (string | Record<string, string | undefined>)[]): string {
  const path = parts.filter((part) => typeof part === "string").map(encodeURIComponent);
  const given = parts.filter((part) => typeof part !== "string").flatMap((part) => Object.entries(part));
  const query = new URLSearchParams(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
  return `#/${path.join("/")}${query.size ? `?${query}` : ""}`;
}

/** Changes the query of the place where the page is, without a new entry in the history. */
export function setQuery(changes: Record<string, string | undefined>): void {
  const { path, query } = route.value;
  const next: Record<string, string | undefined> = { ...Object.fromEntries(query), ...changes };
  history.replaceState(null, "", href(...path, next));
  route.value = parse(location.hash);
}
