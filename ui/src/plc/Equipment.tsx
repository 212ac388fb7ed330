import type { Camera, Line } from "../api/client";
import { Sign } from "../components/Sign";
import { count, measure } from "../words/figures";
import { useWords } from "../words/Language";

function CameraRow({ camera, level }: { camera: Camera; level: "high" | "medium" }) {
  const { t, code } = useWords();
  const good = camera.status === "live" || camera.status === "ended";
  const facts = [t.cameraStates[camera.status] ?? camera.status];
  if (camera.status === "live") facts.push(t.fps(camera.fps.toFixed(1)));
  if (camera.dropped) facts.push(t.dropped(count(camera.dropped, code)));
  if (camera.damaged) facts.push(t.damaged(count(camera.damaged, code)));
  return (
    <li className={good ? "" : `is-${level}`}>
      <Sign meaning={good ? "ok" : level} size={22} />
      <b>{camera.camera}</b>
      <span>{facts.join(" · ")}</span>
    </li>
  );
}

/** The controller and every camera, each with a word on how it is. */
export function Equipment({ line, beside }: { line: Line; beside: Camera[] }) {
  const { t } = useWords();
  const { plc } = line;
  const facts = plc.connected
    ? [t.connected, plc.held ? t.states["held"] : plc.running ? `${measure(plc.speed_mm_s)} mm/s` : t.beltStands, t.modes[plc.mode] ?? plc.mode]
    : [t.disconnected];
  const level = plc.connected && !plc.held ? undefined : "high";
  return (
    <section className={`panel panel-equipment${level ? " is-high" : ""}`} aria-label={t.equipment}>
      <ul className="equipment">
        <li className={level ? `is-${level}` : ""}>
          <Sign meaning={level ?? "ok"} size={22} />
          <b>{plc.name}</b>
          <span>{facts.filter(Boolean).join(" · ")}</span>
        </li>
        {line.cameras.map((c) => (
          <CameraRow key={c.camera} camera={c} level="high" />
        ))}
        {beside.map((c) => (
          <CameraRow key={c.camera} camera={c} level="medium" />
        ))}
      </ul>
    </section>
  );
}
