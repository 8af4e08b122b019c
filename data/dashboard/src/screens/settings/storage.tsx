import { useAnswer } from "../../lib/api.ts";
import { bytes, count } from "../../lib/format.ts";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";

interface Storage {
  database_bytes: number;
  wal_bytes: number;
  spool_bytes: number;
  imports_bytes: number;
  backups_bytes: number;
  disk_free_bytes: number;
  disk_size_bytes: number;
  samples: number;
  deliveries: number;
}

const PARTS: [field: keyof Storage, words: string][] = [
  ["database_bytes", "Database"],
  ["wal_bytes", "Write-ahead log"],
  ["backups_bytes", "Backups"],
  ["imports_bytes", "Files to import"],
  ["spool_bytes", "Downloads and work in progress"],
];

/** Below this share the disk is soon full. */
const SCARCE = 0.1;

export function StorageUse({ title }: { title: string }) {
  const answer = useAnswer<Storage>("/api/v1/storage");
  return <Card title={title}><Shown answer={answer}>{(use) => <Use use={use} />}</Shown></Card>;
}

function Use({ use }: { use: Storage }) {
  const largest = Math.max(...PARTS.map(([field]) => use[field]), 1);
  const scarce = use.disk_free_bytes < use.disk_size_bytes * SCARCE;
  return (
    <>
      <p>{count(use.samples, "sample")} in {count(use.deliveries, "delivery", "deliveries")}, everybody's together.</p>
      <dl class="bars">
        {PARTS.map(([field, words]) => (
          <div key={field}>
            <dt>{words}</dt>
            <dd>{bytes(use[field])}</dd>
            <Bar share={use[field] / largest} />
          </div>
        ))}
      </dl>
      <p class={scarce ? "notice" : "muted"}>
        {bytes(use.disk_free_bytes)} of {bytes(use.disk_size_bytes)} of the disk are free.{scarce && " That is little: when it is full, nothing more is stored."}
      </p>
    </>
  );
}

const Bar = ({ share }: { share: number }) => (
  <svg class="bar-line" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect class="ground" width="100" height="4" />
    <rect class="filled" width={share * 100} height="4" />
  </svg>
);
