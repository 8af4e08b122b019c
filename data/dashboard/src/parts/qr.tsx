import { useEffect, useState } from "preact/hooks";

import { address } from "../lib/api.ts";

/** A text as a code for a phone's camera. It may hold a secret, so the browser is told to keep nothing of the answer. */
export function Qr({ text, what }: { text: string; what: string }) {
  const [drawn, setDrawn] = useState<{ url?: string; fault?: string }>({});
  useEffect(() => {
    let url: string | undefined;
    let left = false;
    setDrawn({});
    draw(text).then(
      (image) => left || setDrawn({ url: (url = URL.createObjectURL(image)) }),
      () => left || setDrawn({ fault: "The code for the camera could not be drawn. The link beside it does the same." }),
    );
    return () => {
      left = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [text]);
  if (drawn.fault) return <p class="qr problem">{drawn.fault}</p>;
  return <div class="qr">{drawn.url && <img src={drawn.url} alt={`Code for a phone's camera: ${what}`} />}</div>;
}

async function draw(text: string): Promise<Blob> {
  const answer = await fetch(address("/api/v1/qr", { text }), { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.blob();
}
