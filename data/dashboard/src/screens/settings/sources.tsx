import { href } from "../../lib/router.ts";
import { Card } from "../../parts/card.tsx";

export function Sources({ title }: { title: string }) {
  return (
    <Card title={title}>
      <p>
        When a watch and a phone have counted the same walk, one is believed:{" "}
        <a href={href("data", "sources")}>Data health → Sources</a> has the order.
      </p>
    </Card>
  );
}
