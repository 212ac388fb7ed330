import type { Watch, WatchPicture, WatchTrack } from "../api/client";
import { useWords } from "../words/Language";
import { caption, missing } from "./sight";

type Box = [number, number, number, number];

/** A frame with its words, in parts of a picture that is 1000 wide. */
function Framed({ box, height, words, kind }: { box: number[]; height: number; words: string; kind: "calm" | "hidden" | "missing" | "sight" }) {
  const [x0, y0, x1, y1] = [(box[0] ?? 0) * 1000, (box[1] ?? 0) * height, (box[2] ?? 0) * 1000, (box[3] ?? 0) * height] as Box;
  const width = 16 + 13 * [...words].reduce((n, c) => n + (c.charCodeAt(0) > 0x2e80 ? 1.9 : 1), 0);
  const x = Math.max(0, Math.min(x0, 1000 - width));
  const y = y0 > 32 ? y0 - 32 : Math.min(y1 + 2, height - 30);
  return (
    <g className={`framed framed-${kind}`}>
      <rect className="framed-under" x={x0} y={y0} width={Math.max(x1 - x0, 1)} height={Math.max(y1 - y0, 1)} />
      <rect className="framed-line" x={x0} y={y0} width={Math.max(x1 - x0, 1)} height={Math.max(y1 - y0, 1)} />
      <rect className="framed-plate" x={x} y={y} width={width} height={30} />
      <text x={x + 8} y={y + 22}>
        {words}
      </text>
    </g>
  );
}

function Way({ ends, way, height, name }: { ends: number[][]; way: string; height: number; name: string }) {
  const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = []] = ends.map(([x = 0, y = 0]) => [x * 1000, y * height]);
  const [dx, dy] = ({ up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] } as Record<string, [number, number]>)[way] ?? [0, 0];
  const [mx, my] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return (
    <g className="way">
      <line x1={x0} y1={y0} x2={x1} y2={y1} />
      <path d={`M${mx} ${my}l${dx * 34} ${dy * 34}m${-dx * 12 - dy * 9} ${-dy * 12 + dx * 9}l${dx * 12 + dy * 9} ${dy * 12 - dx * 9}l${-dx * 12 + dy * 9} ${-dy * 12 - dx * 9}`} />
      <text x={Math.min(x0, x1) + 8} y={(x0 < x1 ? y0 : y1) - 8}>
        {name}
      </text>
    </g>
  );
}

/** Zones, lines, and who is seen where, over a camera's picture. */
export function Overlay({ watch, picture, wrong }: { watch: Watch; picture: WatchPicture; wrong: Set<string> }) {
  const { t } = useWords();
  const height = (1000 * picture.height) / Math.max(picture.width, 1);
  const kind = (track: WatchTrack) => (missing(track, t).length ? "missing" : track.seen ? "calm" : "hidden");
  const tracks = [...picture.tracks].sort((a, b) => Number(kind(a) === "missing") - Number(kind(b) === "missing"));
  return (
    <svg className="overlay" viewBox={`0 0 1000 ${height}`} preserveAspectRatio="xMidYMid meet" aria-hidden="true">
      {watch.zones.map((z) => {
        const points = z.corners.map(([x = 0, y = 0]) => [x * 1000, y * height] as const);
        const lowest = points.reduce((a, b) => (b[1] > a[1] ? b : a), points[0] ?? ([0, 0] as const));
        const middle = points.reduce((sum, [x]) => sum + x, 0) / Math.max(points.length, 1);
        return (
          <g key={z.name} className={`zone${wrong.has(z.name) ? " is-wrong" : ""}`}>
            <polygon className="zone-under" points={points.map((p) => p.join(",")).join(" ")} />
            <polygon className="zone-line" points={points.map((p) => p.join(",")).join(" ")} />
            <text x={middle} y={lowest[1] - 12} textAnchor="middle">
              {z.name}
            </text>
          </g>
        );
      })}
      {watch.lines.map((l) => (
        <Way key={l.name} ends={l.ends} way={l.in} height={height} name={l.name} />
      ))}
      {tracks.map((track) => (
        <Framed key={track.number} box={track.box} height={height} words={caption(track, t)} kind={kind(track)} />
      ))}
      {picture.sights.map((s) => (
        <Framed key={`${s.what} ${s.since}`} box={s.box} height={height} words={t.watch.sights[s.what] ?? s.what} kind="sight" />
      ))}
    </svg>
  );
}
