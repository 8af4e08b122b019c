// What one thing goes with, of all that is measured day by day. Having looked at many, some will seem to go with it by
// chance, so this is allowed for, and said.

import { useState } from "preact/hooks";

import { count } from "../../lib/format.ts";
import { href, route } from "../../lib/router.ts";
import { pairs, type Relation, relation, stands } from "../../lib/statistics.ts";
import { useWork } from "../../lib/work.ts";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import { type Choice, type Days, load, main } from "./days.ts";
import { type Asking, compared } from "./index.tsx";
import { between, inside, r } from "./words.ts";

interface Found {
  choice: Choice;
  known: Relation;
  /** Also when having looked at many is allowed for. */
  holds: boolean;
}

export function Everything({ all, b, asking }: { all: Choice[]; b: Choice; asking: Asking }) {
  const [wanted, want] = useState(false);
  const others = main(all).filter((choice) => choice !== b);
  const { from, end } = asking;
  const loaded = useWork(wanted ? `${b.key} ${from} ${end}` : undefined, (stop) => Promise.all([b, ...others].map((choice) => load(choice, from, end, stop))));
  return (
    <Card wide title={`What goes with ${inside(b)}?`} note="compared with the other main figures, by ranks">
      {wanted ? <Shown answer={loaded}>{([chosen, ...rest]) => chosen && <Table chosen={chosen} rest={rest} asking={asking} />}</Shown>
        : <button onClick={() => want(true)}>Compare it with {count(others.length, "other")}</button>}
    </Card>
  );
}

function search(chosen: Days, rest: Days[], asking: Asking): Found[] {
  const y = compared(chosen, asking);
  const found = rest.flatMap((days) => {
    const known = relation(pairs(compared(days, asking), y, asking.lag));
    return known ? [{ choice: days.choice, known }] : [];
  });
  const holds = stands(found.map(({ known }) => known.chance));
  return found.map((one, at) => ({ ...one, holds: holds[at] ?? false })).sort((a, b) => Math.abs(b.known.spearman) - Math.abs(a.known.spearman));
}

function Table({ chosen, rest, asking }: { chosen: Days; rest: Days[]; asking: Asking }) {
  const found = search(chosen, rest, asking);
  const standing = found.filter(({ holds }) => holds).length;
  if (!found.length) return <p class="empty">Nothing has 30 days in common with {inside(chosen.choice)}. Choose a longer time.</p>;
  return (
    <>
      <p>
        Of {count(found.length, "comparison")}, {standing || "none"} {standing > 1 ? "hold" : "holds"} up after correcting for {found.length} comparisons (Benjamini and Hochberg, 5%).
        {rest.length > found.length && ` Left out for having fewer than 30 days in common: ${rest.length - found.length}.`}
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label={`What goes with ${inside(chosen.choice)}`}>
        <table>
          <thead><tr><th scope="col">Figure</th><th scope="col" class="number">r</th><th scope="col">95% interval</th><th scope="col" class="number">Days</th><th scope="col">Clear?</th></tr></thead>
          <tbody>{found.map((one) => <Row key={one.choice.key} {...one} />)}</tbody>
        </table>
      </div>
    </>
  );
}

function Row({ choice, known, holds }: Found) {
  const width = Math.abs(known.spearman) * 32;
  return (
    <tr>
      <th scope="row"><a href={href("correlations", { ...Object.fromEntries(route.value.query), a: choice.key })}>{choice.name}</a></th>
      <td class="number">
        <svg class="bar-r" viewBox="0 0 64 10" aria-hidden="true"><rect x={known.spearman < 0 ? 32 - width : 32} width={width} height="10" /></svg> {r(known.spearman)}
      </td>
      <td>{between(known.spearmanInterval)}</td>
      <td class="number">{known.n}</td>
      <td>{holds ? "yes" : "no"}</td>
    </tr>
  );
}
