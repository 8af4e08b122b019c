// Importing a file: on its way, on the server, and what became of it. What runs is found again by whoever comes back,
// because the server's list of jobs is what is on show.

import { useEffect, useRef, useState } from "preact/hooks";

import { address, changes, send, upload, useAnswer, useEvents } from "../../lib/api.ts";
import { ago, bytes, number } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import { session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import { type Receipt, verdict } from "./words.ts";

interface Job {
  job: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  file: string;
  bytes: number;
  created_at: string;
  finished_at?: string;
  done?: number;
  total?: number;
  percent: number;
  items?: number;
  receipt?: Receipt;
  error?: string;
}

const ends = ({ state }: Job): boolean => ["done", "failed", "cancelled"].includes(state);

const maySend = () => session.value?.admin || session.value?.scopes?.includes("ingest");

export function Import() {
  const jobs = useAnswer<{ jobs: Job[] }>("/api/v1/jobs");
  const running = jobs.data?.jobs.filter((job) => !ends(job)) ?? [];
  return (
    <div class="grid">
      <Card title="Import a file">
        {maySend() ? <Send /> : <p>You may look, but not send.</p>}
        {running.map((job) => <Running key={job.job} first={job} />)}
      </Card>
      <How />
      <Card wide title="Imports so far">
        <Shown answer={jobs} isEmpty={(page) => !page.jobs.some(ends)} empty="None yet.">
          {(page) => <ul class="rows wraps">{page.jobs.filter(ends).map((job) => <Finished key={job.job} job={job} />)}</ul>}
        </Shown>
      </Card>
    </div>
  );
}

function Send() {
  const [file, setFile] = useState<File>();
  const [sent, setSent] = useState(0);
  const stop = useRef<AbortController | undefined>(undefined);
  const sending = useAction(async (one: File) => {
    stop.current = new AbortController();
    setFile(one);
    setSent(0);
    await upload(address("/api/v1/import", { name: one.name }), one, setSent, stop.current.signal);
  });
  useEffect(() => () => stop.current?.abort(), []);
  const take = (files?: FileList | null) => files?.[0] && !sending.busy && void sending.act(files[0]);
  if (sending.busy && file) {
    return (
      <div>
        <p role="status">Sending {file.name}…</p>
        <progress aria-label={file.name} max={file.size} value={sent} />
        <p class="muted">{bytes(sent)} of {bytes(file.size)}. Stay here until it is sent.</p>
        <button class="quiet" onClick={() => stop.current?.abort()}>Stop</button>
      </div>
    );
  }
  return (
    <>
      <label class="drop" onDragOver={(event) => event.preventDefault()} onDrop={(event) => { event.preventDefault(); take(event.dataTransfer?.files); }}>
        <b>Drop a file here, or choose one</b>
        <span class="muted">export.zip, export.xml, or a JSON, CSV or zip file of the app</span>
        <input type="file" accept=".zip,.xml,.json,.csv" onChange={(event) => { take(event.currentTarget.files); event.currentTarget.value = ""; }} />
      </label>
      <Trouble action={sending} />
    </>
  );
}

function Running({ first }: { first: Job }) {
  const [job, setJob] = useState(first);
  const cancel = useAction(async () => setJob(await send<Job>("DELETE", `/api/v1/jobs/${job.job}`)));
  useEvents<Job>(ends(job) ? undefined : `/api/v1/jobs/${job.job}`, "job", setJob);
  useEffect(() => {
    if (ends(job)) changes.value++;
  }, [job.state]);
  return (
    <div class="job">
      <p>{job.state === "queued" ? "Waiting to import" : "Importing"} <b>{job.file}</b>{job.state !== "queued" && `: ${number(job.percent, 0)}%`}</p>
      <progress aria-label={job.file} max={100} value={job.percent} />
      <p class="muted">You can leave this page; the import keeps going.</p>
      {maySend() && <button class="quiet" aria-label={`Cancel the import of ${job.file}`} disabled={cancel.busy || ends(job)} onClick={() => void cancel.act()}>Cancel</button>}
      <Trouble action={cancel} />
    </div>
  );
}

function Finished({ job }: { job: Job }) {
  const { receipt, error } = job;
  return (
    <li>
      <div>
        <b>{job.file}</b> <span class="muted small">{bytes(job.bytes)}, {ago(job.finished_at ?? job.created_at)}</span>
        {error && <p class="problem">{error}</p>}
        {receipt && <div>{receipt.quarantined > 0 ? "! " : "✓ "}{verdict(receipt)}.</div>}
      </div>
      <span class="buttons">{receipt && <><a class="button quiet tiny" href={href("data", "deliveries", receipt.delivery)}>Details</a> <a class="button tiny" href={href("today")}>Today</a></>}</span>
    </li>
  );
}

function How() {
  return (
    <Card title="How to make Apple's export">
      <ol>
        <li>On the iPhone open <b>Health</b> and tap your picture at the top right.</li>
        <li>Scroll down to <b>Export All Health Data</b> and confirm.</li>
        <li>Save <b>export.zip</b> to Files or send it to this device by AirDrop, and choose it here.</li>
      </ol>
      <p class="muted">Importing it twice does no harm.</p>
    </Card>
  );
}
