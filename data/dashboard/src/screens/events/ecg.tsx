// An ECG as on paper: strips of ten seconds below each other, all on one scale, for half a minute in one line shows no beat.

import { useMemo } from "preact/hooks";

import { useAnswer } from "../../lib/api.ts";
import { dateTime, number } from "../../lib/format.ts";
import { Chart } from "../../parts/chart.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Shown } from "../../parts/state.tsx";
import { type Event, valueTitle } from "./kinds.ts";

interface Whole {
  series?: { unit: string; frequency?: number; values: number[]; at: number[] };
}

const STRIP = 10;
const seconds = (at: number): string => `${number(at, 2)} s`;

interface Strip {
  x: number[];
  values: number[];
}

/** Microvolts become millivolts, as they are read elsewhere. */
function strips({ frequency, values, at, unit }: NonNullable<Whole["series"]>): Strip[] {
  const scale = unit === "mcV" ? 1000 : 1;
  const found: Strip[] = [];
  values.forEach((value, index) => {
    const second = at[index] ?? index / (frequency ?? 1);
    const strip = (found[Math.floor(second / STRIP)] ??= { x: [], values: [] });
    strip.x.push(second);
    strip.values.push(value / scale);
  });
  return found.filter(Boolean);
}

export function Ecg({ event, close }: { event: Event; close: () => void }) {
  const path = `/api/v1/events/${event.kind}/${encodeURIComponent(event.id)}`;
  const answer = useAnswer<Whole>(path);
  const rate = event.details?.average_heart_rate;
  return (
    <Dialog title={`ECG of ${dateTime(event.start)}`} close={close}>
      <p>{[valueTitle(event), typeof rate === "number" && `${number(rate)} bpm on average`].filter(Boolean).join(", ")}</p>
      <Shown answer={answer} isEmpty={({ series }) => !series?.values.length} empty="No waveform came with this recording.">
        {({ series }) => series && <Waveform series={series} />}
      </Shown>
      <p><a class="button quiet" href={`${path}?format=csv`} download>CSV</a></p>
    </Dialog>
  );
}

function Waveform({ series }: { series: NonNullable<Whole["series"]> }) {
  const { all, scale } = useMemo(() => {
    const all = strips(series);
    const values = all.flatMap((strip) => strip.values);
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const air = (high - low || 1) * 0.06;
    return { all, scale: [low - air, high + air] as [number, number] };
  }, [series]);
  return all.map(({ x, values }, at) => (
    <Chart key={at} label={`ECG, seconds ${at * STRIP} to ${(at + 1) * STRIP}, in millivolts`} x={x} height={130} scale={scale} span={[at * STRIP, (at + 1) * STRIP]} when={seconds}
      lines={[{ label: series.unit === "mcV" ? "mV" : series.unit, values, colour: "heart" }]} />
  ));
}
