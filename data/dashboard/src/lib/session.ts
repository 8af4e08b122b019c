// Who looks at the page. A one-time code comes in the fragment of a link, which no server and no log ever sees; it is
// exchanged for a cookie that no script can read, and removed from the address at once.

import { effect, signal } from "@preact/signals";

import { ask, offline, Problem, send, unknown } from "./api.ts";

export interface Session {
  signed_in: boolean;
  version: string;
  person?: string;
  admin?: boolean;
  scopes?: string[];
  home_zone?: string;
  units?: string;
  /** The server speaks plain HTTP to other machines. */
  plain_http?: boolean;
}

export const session = signal<Session | undefined>(undefined);

/** Why signing in by the link has failed. */
export const refusal = signal("");

const CODE = /^#\/?([0-9A-Za-z]{10})$/;

export async function start(): Promise<void> {
  const code = location.hash.match(CODE)?.[1];
  if (code) {
    history.replaceState(null, "", location.pathname);
    try {
      await signIn({ code });
      location.hash = "#/connect";
      return;
    } catch (fault) {
      refusal.value = fault instanceof Problem ? fault.message : String(fault);
    }
  }
  await refresh();
}

const AGAIN_MS = 2000;
let again: ReturnType<typeof setTimeout> | undefined;

/** Asks who is signed in, and asks again as long as the server cannot be reached. */
export async function refresh(): Promise<void> {
  try {
    session.value = await ask<Session>("/api/v1/session");
    clearTimeout(again);
  } catch {
    clearTimeout(again);
    again = setTimeout(() => void refresh(), AGAIN_MS);
  }
}

effect(() => {
  if (unknown.value || offline.value) void refresh();
});

export async function signIn(proof: { code: string } | { key: string }): Promise<void> {
  session.value = await send<Session>("POST", "/api/v1/session", proof);
  refusal.value = "";
}

export async function signOut(): Promise<void> {
  // The view must not be asked for again: it would be refused.
  await send("DELETE", "/api/v1/session", undefined, true);
  await refresh();
}

/** The zone of the local days on show. */
export const zone = (): string => session.value?.home_zone ?? "UTC";
