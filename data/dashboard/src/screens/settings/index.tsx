// One screen for everything that is set once in a while. `#/settings/keys` is the same screen, scrolled to its keys.

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import type { ScreenProps } from "../../app.tsx";
import { href } from "../../lib/router.ts";
import { session } from "../../lib/session.ts";
import { About } from "./about.tsx";
import { Backups } from "./backups.tsx";
import { Browsers } from "./browsers.tsx";
import { Keys } from "./keys.tsx";
import { PeopleSection } from "./people.tsx";
import { Sources } from "./sources.tsx";
import { StorageUse } from "./storage.tsx";
import { ZoneAndUnits } from "./zone.tsx";

interface Section {
  title: string;
  view: ComponentType<{ title: string }>;
  admin?: boolean;
}

const SECTIONS: Record<string, Section> = {
  keys: { title: "Keys", view: Keys, admin: true },
  people: { title: "People", view: PeopleSection, admin: true },
  browsers: { title: "Signed-in browsers", view: Browsers },
  zone: { title: "Home zone and units", view: ZoneAndUnits },
  sources: { title: "Source priority", view: Sources, admin: true },
  backups: { title: "Backups", view: Backups, admin: true },
  storage: { title: "Storage", view: StorageUse, admin: true },
  about: { title: "About", view: About },
};

const SETTLED_MS = 1500;

export function Settings({ path }: ScreenProps) {
  const shown = Object.entries(SECTIONS).filter(([, { admin }]) => !admin || session.value?.admin);
  const at = path[0];
  useEffect(() => {
    const section = at && document.getElementById(`settings-${at}`);
    if (!section) return undefined;
    section.focus({ preventScroll: true });
    // What stands above grows while its answers come.
    const settling = new ResizeObserver(() => section.scrollIntoView());
    settling.observe(section.parentElement ?? section);
    const timer = setTimeout(() => settling.disconnect(), SETTLED_MS);
    return () => {
      clearTimeout(timer);
      settling.disconnect();
    };
  }, [at]);
  return (
    <>
      <h1>Settings</h1>
      <div class="settings">
        <nav class="index" aria-label="Settings">
          <ul>{shown.map(([name, { title }]) => <li key={name}><a href={href("settings", name)}>{title}</a></li>)}</ul>
        </nav>
        <div class="sections">
          {shown.map(([name, { title, view: View }]) => <div key={name} id={`settings-${name}`} tabIndex={-1}><View title={title} /></div>)}
        </div>
      </div>
    </>
  );
}
