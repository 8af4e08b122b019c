// A phone is connected in the order of the screen: whose it is, where it sends to, its own key, the app on it, and then the
// proof that something arrives, which is on show from the beginning.

import { useState } from "preact/hooks";

import { href } from "../../lib/router.ts";
import { Card } from "../../parts/card.tsx";
import { AutoExport } from "./auto-export.tsx";
import { Arriving } from "./requests.tsx";
import { type Chosen, Start } from "./start.tsx";
import { Shortcuts } from "./shortcuts.tsx";

export function Connect() {
  const [phone, setPhone] = useState<Chosen>({ person: "", server: "", key: "" });
  const ready = phone.key ? phone : undefined;
  return (
    <>
      <h1>Connect a phone</h1>
      <div class="connect">
        <div>
          <Start phone={phone} change={(part) => setPhone((before) => ({ ...before, ...part }))} />
          <AutoExport phone={ready} />
          <Shortcuts phone={ready} />
          <Card title="Import your history">
            <p>
              Once, bring what the phone has collected so far: in the Health app tap your picture, then <b>Export All Health Data</b>, and{" "}
              <a href={href("data", "import")}>import the file</a> here.
            </p>
          </Card>
        </div>
        <Arriving phone={ready} />
      </div>
    </>
  );
}
