import { useLayoutEffect, useRef, useState } from "react";

import type { Watch, WatchPicture, WatchTrack } from "../api/client";
import { useWords } from "../words/Language";
import { caption, missing } from "./sight";

/** What everything over the picture is measured in: pixels of the screen. */
interface Scale {
  width: number;
  height: number;
  /** Of words. */
  font: number;
}

/** How wide the words are, about: Chinese ones are as wide as they are high. */
const wide = (words: string, font: number) => font * [...words].reduce((sum, c) => sum + (c.charCodeAt(0) > 0x2e80 ? 1.05 : 0.6), 0.8);

/** A frame with its words. */
function Framed({ box, scale, words, kind }: { box: number[]; scale: Scale; words: string; kind: "calm" | "hidden" | "missing" | "sight" }) {
  const [x0, y0, x1, y1] = [(box[0] ?? 0) * scale.width, (box[1] ?? 0) * scale.height, (box[2] ?? 0) * scale.width, (box[3] ?? 0) * scale.height];
  const [width, height] = [wide(words, scale.font), scale.font * 1.4];
  const x = Math.max(0, Math.min(x0, scale.width - width));
  const y = y0 > height ? y0 - height : Math.min(y1, scale.height - height);
  const frame = { x: x0, y: y0, width: Math.max(x1 - x0, 1), height: Math.max(y1 - y0, 1) };
  return (
    <g className={`framed framed-${kind}`}>
      <rect className="framed-under" {...frame} />
      <rect className="framed-line" {...frame} />
      <rect className="framed-plate" x={x} y={y} width={width} height={height} />
      <text x={x + scale.font * 0.4} y={y + scale.font * 1.05}>
        {words}
      </text>
    </g>
  );
}

/** A line, and an arrow that shows which way goes in. */
function Way({ ends, way, scale, name }: { ends: number[][]; way: string; scale: Scale; name: string }) {
  const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = []] = ends.map(([x = 0, y = 0]) => [x * scale.width, y * scale.height]);
  const turn = ({ up: 180, down: 0, left: 90, right: -90 } as Record<string, number>)[way] ?? 0;
  const f = scale.font;
  return (
    <g className="way">
      <line className="way-under" x1={x0} y1={y0} x2={x1} y2={y1} />
      <line x1={x0} y1={y0} x2={x1} y2={y1} />
      <path transform={`translate(${(x0 + x1) / 2} ${(y0 + y1) / 2}) rotate(${turn})`} d={`M0 0V${1.5 * f}m${-0.5 * f} ${-0.5 * f}l${0.5 * f} ${0.5 * f}l${0.5 * f} ${-0.5 * f}`} />
      <text x={Math.min(x0, x1) + f * 0.4} y={(x0 < x1 ? y0 : y1) - f * 0.4}>
        {name}
      </text>
    </g>
  );
}

/** The size at which a picture is shown within what holds it; words on it are sized by that. */
function useScale(picture: WatchPicture) {
  const svg = useRef<SVGSVGElement>(null);
  const [room, setRoom] = useState({ width: 640, height: 360 });
  useLayoutEffect(() => {
    if (!svg.current || typeof ResizeObserver === "undefined") return undefined;
    const watcher = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      if (width > 0 && height > 0) setRoom({ width, height });
    });
    watcher.observe(svg.current);
    return () => watcher.disconnect();
  }, []);
  const by = Math.min(room.width / Math.max(picture.width, 1), room.height / Math.max(picture.height, 1));
  const width = picture.width * by;
  return { svg, scale: { width, height: picture.height * by, font: Math.max(15, Math.min(22, width / 36)) } };
}

/** Zones, lines, and who is seen where, over a camera's picture. */
export function Overlay({ watch, picture, wrong }: { watch: Watch; picture: WatchPicture; wrong: Set<string> }) {
  const { t } = useWords();
  const { svg, scale } = useScale(picture);
  const kind = (track: WatchTrack) => (missing(track, t).length ? "missing" : track.seen ? "calm" : "hidden");
  const tracks = [...picture.tracks].sort((a, b) => Number(kind(a) === "missing") - Number(kind(b) === "missing"));
  return (
    <svg ref={svg} className="overlay" viewBox={`0 0 ${scale.width} ${scale.height}`} preserveAspectRatio="xMidYMid meet" fontSize={scale.font} aria-hidden="true">
      {watch.zones.map((z) => {
        const corners = z.corners.map(([x = 0, y = 0]) => [x * scale.width, y * scale.height] as const);
        const points = corners.map((p) => p.join(",")).join(" ");
        const lowest = Math.max(...corners.map(([, y]) => y));
        const middle = corners.reduce((sum, [x]) => sum + x, 0) / Math.max(corners.length, 1);
        return (
          <g key={z.name} className={`zone${wrong.has(z.name) ? " is-wrong" : ""}`}>
            <polygon className="zone-under" points={points} />
            <polygon className="zone-line" points={points} />
            <text x={middle} y={lowest - scale.font * 0.5} textAnchor="middle">
              {z.name}
            </text>
          </g>
        );
      })}
      {watch.lines.map((l) => (
        <Way key={l.name} ends={l.ends} way={l.in} scale={scale} name={l.name} />
      ))}
      {tracks.map((track) => (
        <Framed key={track.number} box={track.box} scale={scale} words={caption(track, t)} kind={kind(track)} />
      ))}
      {picture.sights.map((s) => (
        <Framed key={`${s.what} ${s.since}`} box={s.box} scale={scale} words={t.watch.sights[s.what] ?? s.what} kind="sight" />
      ))}
    </svg>
  );
}
