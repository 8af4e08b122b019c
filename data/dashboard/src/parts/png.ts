// A chart as a picture to send to someone: what uPlot has drawn has neither background, title nor legend, because on the
// page these are the page's.

import { useRef } from "preact/hooks";

import type { Line } from "./chart.tsx";

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "gray";

/** What a card needs to offer its chart as a picture: `onReady` for the chart, `save` for the button. */
export function usePng(title: string, note: string, lines: Pick<Line, "label" | "colour">[]): { onReady: (canvas: HTMLCanvasElement) => void; save: () => void } {
  const drawn = useRef<HTMLCanvasElement | undefined>(undefined);
  return {
    onReady: (canvas) => (drawn.current = canvas),
    save: () => drawn.current && save(picture(drawn.current, title, note, lines), title),
  };
}

function picture(chart: HTMLCanvasElement, title: string, note: string, lines: Pick<Line, "label" | "colour">[]): HTMLCanvasElement {
  const scale = devicePixelRatio;
  const canvas = document.createElement("canvas");
  const edge = 16 * scale;
  canvas.width = chart.width + 2 * edge;
  canvas.height = chart.height + 84 * scale + edge;
  const pen = canvas.getContext("2d");
  if (!pen) return canvas;
  pen.fillStyle = colour("card");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const write = (text: string, size: number, ink: string, x: number, y: number, weight = "") => {
    pen.font = `${weight} ${size * scale}px system-ui, sans-serif`;
    pen.fillStyle = colour(ink);
    pen.fillText(text, x, y * scale);
    return x + pen.measureText(text).width;
  };
  write(title, 17, "ink", edge, 30, "bold");
  write(note, 12, "muted", edge, 50);
  lines.reduce((x, line, at) => {
    pen.fillStyle = colour(line.colour ?? ["accent", "second", "third"][at % 3] ?? "accent");
    pen.fillRect(x, 62 * scale, 10 * scale, 10 * scale);
    return write(line.label, 12, "ink", x + 15 * scale, 72) + 18 * scale;
  }, edge);
  pen.drawImage(chart, edge, 84 * scale);
  return canvas;
}

function save(canvas: HTMLCanvasElement, title: string): void {
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}
