import type { Camera, Picture } from "../api/client";
import { freshness } from "../line/health";
import type { Received } from "../api/stream";
import { useWords } from "../words/Language";
import { Veil } from "./Veil";

/** A camera beside the line: its newest picture, or that there is none. */
export function Tile({ camera, got, now, lag, silence }: { camera: Camera; got: Received<Picture> | undefined; now: number; lag: number; silence: number }) {
  const { t } = useWords();
  const ageMS = got && got.value.age_ms + (now - got.at);
  const fresh = freshness({ silent: silence > 0, status: camera.status, ageMS, lag, moving: camera.status !== "ended" });
  const wrong = fresh === "frozen" || fresh === "down" || fresh === "stale" ? " is-medium" : "";
  return (
    <section className={`panel panel-camera${wrong}`} aria-label={camera.camera}>
      <header className="panel-head">
        <h2>{camera.camera}</h2>
        <span className="panel-aside">
          {!silence && (t.cameraStates[camera.status] ?? camera.status)}
          {!silence && camera.status === "live" && <> · {t.fps(camera.fps.toFixed(1))}</>}
        </span>
      </header>
      <div className={`screen is-${fresh}`}>
        {got && <img src={`data:image/jpeg;base64,${got.value.jpeg}`} alt={camera.camera} width={got.value.width} height={got.value.height} />}
        <Veil fresh={fresh} ageMS={ageMS} status={camera.status} silence={silence} />
      </div>
    </section>
  );
}
