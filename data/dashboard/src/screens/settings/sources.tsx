import { href } from "../../lib/router.ts";
import { orderName, type SetOrder, sourceName, useSources } from "../../lib/sources.ts";
import { Card } from "../../parts/card.tsx";

const address = ({ metric, category }: SetOrder): string =>
  href("data", "sources", { of: metric ? `metric:${metric}` : category && `category:${category}` });

export function Sources({ title }: { title: string }) {
  const orders = useSources().data?.orders ?? [];
  return (
    <Card title={title}>
      <p>
        When a watch and a phone have counted the same walk, one is believed:{" "}
        <a href={href("data", "sources")}>Data health → Sources</a> has the order. Sleep, activity, workouts or one metric can have another.
      </p>
      {orders.length > 0 && (
        <ul class="rows">
          {orders.map((one) => <li key={orderName(one)}><a href={address(one)}>{orderName(one)}</a> <span class="muted">{one.order.map(sourceName).join(", then ")}</span></li>)}
        </ul>
      )}
    </Card>
  );
}
