/** A small line without axes: the last days of a tile. Days without data are gaps. `band` is the usual range. */
export function Spark({ values, band, label }: { values: (number | null)[]; band?: [number, number]; label: string }) {
  const known = [...values.filter((value) => value !== null), ...(band ?? [])];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const y = (value: number) => 30 - (high > low ? (value - low) / (high - low) : 0.5) * 28;
  const x = (at: number) => 1 + (at / Math.max(1, values.length - 1)) * 98;
  const path = values.map((value, at) => (value === null ? "" : `${(values[at - 1] ?? null) === null ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`)).join("");
  return (
    <svg class="spark" viewBox="0 0 100 32" preserveAspectRatio="none" role="img" aria-label={label}>
      {band && known.length > 0 && <rect x="0" width="100" y={y(band[1])} height={Math.max(1, y(band[0]) - y(band[1]))} />}
      <path d={path} vector-effect="non-scaling-stroke" />
      {values.map((value, at) => value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null && <circle key={at} cx={x(at)} cy={y(value)} r="1.2" />)}
    </svg>
  );
}
