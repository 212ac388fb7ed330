import type { Mark, Shot } from "../api/client";

/** The colours of marks: the same as those of the signs beside them. */
const colours = { pass: "rgba(235,238,240,.55)", fail: "#ff2f3f", inconclusive: "#ffb000", collateral: "#ebeef0" } as const;

/** Heat below this is a good part's: 255 r/(1+r) of r = 1, the threshold. */
const coldBelow = 128;

export interface Show {
  boxes: boolean;
  heat: boolean;
}

/** Bytes from their text on the wire. */
export const bytes = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** One heat cell's colour: clear below the threshold, yellow from it on, red at twice. */
export function heatColour(value: number): [red: number, green: number, blue: number, alpha: number] {
  if (value < coldBelow) return [0, 0, 0, 0];
  const r = value / Math.max(1, 255 - value); // score over threshold
  const hot = Math.min(1, Math.max(0, r - 1));
  return [255, Math.round(215 * (1 - hot)), 0, Math.round(255 * Math.min(0.6, 0.3 + 0.4 * (r - 1)))];
}

/** Draws the picture and, in the same stroke, all that belongs to it. */
export function draw(canvas: HTMLCanvasElement, picture: ImageBitmap, shot: Shot, show: Show, word: (m: Mark) => string) {
  const c = canvas.getContext("2d");
  if (!c) return;
  const scale = canvas.width / shot.width;
  c.setTransform(1, 0, 0, 1, 0, 0);
  c.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const unit = Math.max(1, canvas.width / 620);
  const abnormal = shot.marks.filter((m) => m.outcome !== "pass");
  if (show.heat) for (const m of shot.marks) drawHeat(c, m, scale);
  if (show.boxes) {
    for (const m of shot.marks) if (m.outcome === "pass") drawCorners(c, m, scale, unit);
  }
  for (const m of abnormal) drawBox(c, m, scale, unit);
  for (const m of abnormal) drawLabel(c, m, scale, unit, word(m), canvas.width);
}

function drawHeat(c: CanvasRenderingContext2D, m: Mark, scale: number) {
  if (!m.heat || !m.heat_width || !m.heat_height) return;
  const cells = bytes(m.heat);
  const image = new ImageData(m.heat_width, m.heat_height);
  cells.forEach((v, i) => image.data.set(heatColour(v), i * 4));
  const small = document.createElement("canvas");
  small.width = m.heat_width;
  small.height = m.heat_height;
  small.getContext("2d")?.putImageData(image, 0, 0);
  const [left = 0, top = 0, right = 0, bottom = 0] = m.box;
  c.imageSmoothingEnabled = true;
  c.drawImage(small, left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
}

function drawCorners(c: CanvasRenderingContext2D, m: Mark, scale: number, unit: number) {
  const [left, top, right, bottom] = m.box.map((v) => v * scale) as [number, number, number, number];
  const arm = Math.min(right - left, bottom - top) * 0.16;
  c.strokeStyle = colours.pass;
  c.lineWidth = unit;
  c.beginPath();
  for (const [x, y, dx, dy] of [[left, top, 1, 1], [right, top, -1, 1], [right, bottom, -1, -1], [left, bottom, 1, -1]] as const) {
    c.moveTo(x + dx * arm, y);
    c.lineTo(x, y);
    c.lineTo(x, y + dy * arm);
  }
  c.stroke();
}

function drawBox(c: CanvasRenderingContext2D, m: Mark, scale: number, unit: number) {
  const [left, top, right, bottom] = m.box.map((v) => v * scale) as [number, number, number, number];
  for (const [colour, width] of [["rgba(0,0,0,.65)", 5.5], [colours[m.outcome], 3]] as const) {
    c.strokeStyle = colour;
    c.lineWidth = width * unit;
    c.setLineDash(m.outcome === "inconclusive" ? [9 * unit, 5 * unit] : []);
    c.strokeRect(left, top, right - left, bottom - top);
  }
  c.setLineDash([]);
}

function drawLabel(c: CanvasRenderingContext2D, m: Mark, scale: number, unit: number, word: string, width: number) {
  const [left, top, , bottom] = m.box.map((v) => v * scale) as [number, number, number, number];
  c.font = `700 ${14 * unit}px "Inter Variable", "Noto Sans CJK SC", "Microsoft YaHei", system-ui, sans-serif`;
  const text = `${m.outcome === "fail" ? "✕" : "?"} ${word}`;
  const w = c.measureText(text).width + 10 * unit;
  const h = 20 * unit;
  const x = Math.max(0, Math.min(left - 1.5 * unit, width - w));
  const y = top - h - 1 * unit < 0 ? bottom + 1 * unit : top - h - 1 * unit;
  c.fillStyle = colours[m.outcome];
  c.fillRect(x, y, w, h);
  c.fillStyle = m.outcome === "fail" ? "#fff" : "#1b1400";
  c.textBaseline = "middle";
  c.fillText(text, x + 5 * unit, y + h / 2 + unit * 0.5);
}

/** The abnormal part nearest to a touch, in pixels of the sensor; fingers in gloves are 40 wide. */
export function touched(shot: Shot, x: number, y: number, reach: number): Mark | undefined {
  let best: Mark | undefined;
  let nearest = reach;
  for (const m of shot.marks) {
    if (m.outcome === "pass") continue;
    const [left = 0, top = 0, right = 0, bottom = 0] = m.box;
    const distance = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
    if (distance <= nearest) [best, nearest] = [m, distance];
  }
  return best;
}
