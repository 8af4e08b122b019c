// The frame around every screen, and the table of screens.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { offline } from "./lib/api.ts";
import { later } from "./lib/later.tsx";
import { href, route } from "./lib/router.ts";
import { session, signOut } from "./lib/session.ts";
import { Trouble, useAction } from "./parts/action.tsx";
import { SignIn } from "./screens/sign-in.tsx";

/** A screen is given the rest of the path: of `#/workouts/12` it is ["12"]. */
export interface ScreenProps {
  path: string[];
}

interface Screen {
  title: string;
  view: ComponentType<ScreenProps>;
  /** For those who look after the server. */
  admin?: boolean;
}

/** By the first part of the address, in the order of the menu. Each is a script of its own: nobody looks at all of them. */
const SCREENS: Record<string, Screen> = {
  today: { title: "Today", view: later(async () => (await import("./screens/today.tsx")).Today) },
  activity: { title: "Activity", view: later(async () => (await import("./screens/activity.tsx")).Activity) },
  heart: { title: "Heart", view: later(async () => (await import("./screens/heart.tsx")).Heart) },
  sleep: { title: "Sleep", view: later(async () => (await import("./screens/sleep/index.tsx")).Sleep) },
  body: { title: "Body", view: later(async () => (await import("./screens/body.tsx")).Body) },
  workouts: { title: "Workouts", view: later(async () => (await import("./screens/workouts/index.tsx")).Workouts) },
  metric: { title: "All metrics", view: later(async () => (await import("./screens/metric/index.tsx")).Metric) },
  correlations: { title: "Correlations", view: later(async () => (await import("./screens/correlations/index.tsx")).Correlations) },
  events: { title: "Events", view: later(async () => (await import("./screens/events/index.tsx")).Events) },
  data: { title: "Data health", view: later(async () => (await import("./screens/data/index.tsx")).DataHealth) },
  connect: { title: "Connect", view: later(async () => (await import("./screens/connect/index.tsx")).Connect), admin: true },
  settings: { title: "Settings", view: later(async () => (await import("./screens/settings/index.tsx")).Settings) },
};

const menuOpen = signal(false);

export function App() {
  const known = session.value;
  if (!known) return <p class="center muted" role="status">{offline.value ? "Waiting for the server…" : "Loading…"}</p>;
  if (!known.signed_in) return <SignIn />;
  const [name = "today", ...path] = route.value.path;
  const screen = SCREENS[name];
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
      <Menu current={name} />
      <Offline />
      <main id="main" tabIndex={-1}>
        {screen ? <screen.view path={path} key={name} /> : <p>There is no such page. <a href={href("today")}>Today</a></p>}
      </main>
    </>
  );
}

/** A link to `#main` would be taken for an address of the page. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Menu({ current }: { current: string }) {
  useEffect(() => {
    menuOpen.value = false;
    document.title = `${SCREENS[current]?.title ?? "health-export"} – health-export`;
  }, [current]);
  const shown = Object.entries(SCREENS).filter(([, screen]) => !screen.admin || session.value?.admin);
  return (
    <header class="bar">
      <a class="brand" href={href("today")}>health-export</a>
      <span class="whose muted small">{session.value?.person}</span>
      <button class="menu-button" aria-expanded={menuOpen.value} aria-controls="menu" onClick={() => (menuOpen.value = !menuOpen.value)}>
        {SCREENS[current]?.title ?? "Menu"} <span aria-hidden="true">▾</span>
      </button>
      <nav id="menu" aria-label="Screens" class={menuOpen.value ? "open" : ""}>
        <ul>
          {shown.map(([name, screen]) => (
            <li key={name}>
              <a href={href(name)} aria-current={name === current ? "page" : undefined} onClick={() => (menuOpen.value = false)}>{screen.title}</a>
            </li>
          ))}
          <li><SignOut /></li>
        </ul>
      </nav>
    </header>
  );
}

function SignOut() {
  const leave = useAction(signOut);
  return (
    <>
      <button class="quiet tiny" disabled={leave.busy} aria-label={`Sign out ${session.value?.person ?? ""}`} onClick={() => void leave.act()}>Sign out</button>
      <Trouble action={leave} />
    </>
  );
}

function Offline() {
  return offline.value ? <p class="banner" role="alert">The server cannot be reached. You may be seeing old data. Reconnecting…</p> : null;
}
