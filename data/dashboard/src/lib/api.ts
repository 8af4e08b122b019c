// Asking the server. Every answer is asked for anew and mostly found unchanged (304): the browser keeps the body, the tag
// costs the server a look into its memory, and what was just deleted is never shown from a cache.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

export type Params = Record<string, string | number | boolean | string[] | undefined>;

/** What the server says when it cannot answer: its own sentence is shown as it is. */
export class Problem extends Error {
  constructor(readonly status: number, message: string, readonly title = "") {
    super(message);
  }
}

/** Moves when an answer says that nobody is signed in, as after a session was ended elsewhere. */
export const unknown = signal(0);

/** Whether the last request could not reach the server. */
export const offline = signal(false);

/** Moves when something was stored, deleted or changed by this page, so that what is on show is asked for again. */
export const changes = signal(0);

/** The server is there. After it was away, what is on show is old. */
function reached(): void {
  if (!offline.value) return;
  offline.value = false;
  changes.value++;
}

export function address(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [String(value)]) query.append(name, one);
  }
  return query.size ? `${path}?${query}` : path;
}

async function reach(url: string, options: RequestInit): Promise<Response> {
  try {
    const answer = await fetch(url, { credentials: "same-origin", ...options });
    reached();
    return answer;
  } catch (fault) {
    if (options.signal?.aborted) throw fault;
    offline.value = true;
    throw new Problem(0, "The server cannot be reached.");
  }
}

async function body<T>(answer: Response): Promise<T> {
  const json = (answer.headers.get("content-type") ?? "").includes("json");
  if (answer.ok) return (answer.status === 204 || !json ? undefined : await answer.json()) as T;
  const problem = json ? await answer.json() : {};
  if (answer.status === 401) unknown.value++;
  throw new Problem(answer.status, problem.detail ?? problem.title ?? `The server answered ${answer.status}.`, problem.title);
}

export async function ask<T>(path: string, params: Params = {}, stop?: AbortSignal): Promise<T> {
  return body(await reach(address(path, params), { cache: "no-cache", signal: stop, headers: { accept: "application/json" } }));
}

/** Sends something that changes the server, unless it is a `trial`. `content` is sent as JSON, a file as it is. */
export async function send<T = void>(method: string, path: string, content?: unknown, trial = false): Promise<T> {
  const file = content instanceof Blob;
  const headers: Record<string, string> = content === undefined || file ? {} : { "content-type": "application/json" };
  const answer = await reach(path, { method, headers, body: file ? content : content === undefined ? undefined : JSON.stringify(content) });
  const result = await body<T>(answer);
  if (!trial) changes.value++;
  return result;
}

/** Sends a file and tells how much of it has gone, which `fetch` cannot. */
export function upload<T>(path: string, file: Blob, told: (sent: number) => void, stop?: AbortSignal): Promise<T> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.upload.addEventListener("progress", (event) => told(event.loaded));
    request.responseType = "json";
    request.addEventListener("load", () => {
      const { status, response } = request;
      changes.value++;
      if (status < 300) done(response);
      else failed(new Problem(status, response?.detail ?? `The server answered ${status}.`));
    });
    const lost = () => failed(new Problem(0, "The file did not arrive. Send it again."));
    request.addEventListener("error", lost);
    request.addEventListener("abort", lost);
    stop?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

export interface Answer<T> {
  /** The answer; while the next one is on its way, the one before. */
  data?: T;
  error?: Problem;
  loading: boolean;
}

const underway = new Map<string, Promise<unknown>>();

/** Two parts of a screen that ask the same at once get the same answer, but not one that a change has overtaken. */
function shared<T>(url: string, version: number): Promise<T> {
  const key = `${version} ${url}`;
  const answer = underway.get(key) ?? ask<T>(url).finally(() => underway.delete(key));
  underway.set(key, answer);
  return answer as Promise<T>;
}

/** Asks while the component is on show, and again when the address changes or this page has changed something. Nothing is asked for without a path. */
export function useAnswer<T>(path: string | undefined, params: Params = {}): Answer<T> {
  const url = path && address(path, params);
  const [answer, setAnswer] = useState<Answer<T> & { url?: string }>({ loading: Boolean(url) });
  const version = changes.value;
  useEffect(() => {
    if (!url) return setAnswer({ loading: false });
    let gone = false;
    setAnswer((before) => ({ ...before, loading: true }));
    shared<T>(url, version).then(
      (data) => gone || setAnswer({ data, loading: false, url }),
      (error) => gone || setAnswer((before) => ({ data: before.url === url ? before.data : undefined, error, loading: false, url })),
    );
    return () => {
      gone = true;
    };
  }, [url, version]);
  return answer;
}

const REOPEN_MS = 5000;

/** Follows a stream of server-sent events while the component is on show. */
export function useEvents<T>(path: string | undefined, name: string, take: (item: T) => void): void {
  useEffect(() => {
    if (!path) return;
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource(path);
      source.addEventListener(name, (event) => take(JSON.parse(event.data)));
      source.addEventListener("open", reached);
      // The browser itself goes on after a lost connection, but not after a refusal, such as a proxy's 502.
      source.addEventListener("error", () => source.readyState === EventSource.CLOSED && (timer = setTimeout(open, REOPEN_MS)));
    };
    open();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [path, name]);
}
