// The frame around every screen, and the table of screens.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { offline } from "./lib/api.ts";
import { href, route } from "./lib/router.ts";
import { refresh, session } from "./lib/session.ts";
import { Activity } from "./screens/activity.tsx";
import { Body } from "./screens/body.tsx";
import { Connect } from "./screens/connect/index.tsx";
import { Correlations } from "./screens/correlations/index.tsx";
import { DataHealth } from "./screens/data/index.tsx";
import { Events } from "./screens/events/index.tsx";
import { Heart } from "./screens/heart.tsx";
import { Metric } from "./screens/metric/index.tsx";
import { Settings } from "./screens/settings/index.tsx";
import { SignIn } from "./screens/sign-in.tsx";
import { Sleep } from "./screens/sleep/index.tsx";
import { Today } from "./screens/today.tsx";
import { Workouts } from "./screens/workouts/index.tsx";

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

/** By the first part of the address, in the order of the menu. */
const SCREENS: Record<string, Screen> = {
  today: { title: "Today", view: Today },
  activity: { title: "Activity", view: Activity },
  heart: { title: "Heart", view: Heart },
  sleep: { title: "Sleep", view: Sleep },
  body: { title: "Body", view: Body },
  workouts: { title: "Workouts", view: Workouts },
  metric: { title: "All metrics", view: Metric },
  correlations: { title: "Correlations", view: Correlations },
  events: { title: "Events", view: Events },
  data: { title: "Data health", view: DataHealth },
  connect: { title: "Connect", view: Connect, admin: true },
  settings: { title: "Settings", view: Settings },
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
        </ul>
      </nav>
    </header>
  );
}

function Offline() {
  useEffect(() => {
    if (!offline.value) return;
    const timer = setInterval(() => void refresh(), 3000);
    return () => clearInterval(timer);
  }, [offline.value]);
  return offline.value ? <p class="banner" role="alert">The server cannot be reached. What is on show may be old; this page tries again by itself.</p> : null;
}
