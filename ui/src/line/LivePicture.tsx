import { useEffect, useRef, useState, type MouseEvent } from "react";

import type { Line, Shot } from "../api/client";
import { Veil } from "../camera/Veil";
import { clock, count, measure, span } from "../words/figures";
import { subject } from "../part/words";
import { useWords } from "../words/Language";
import { freshness } from "./health";
import type { Live } from "./live";
import { bytes, draw, touched, type Show } from "./overlay";

interface Decoded {
  shot: Shot;
  picture: ImageBitmap;
}

/** Decodes shots one after the other, the newest first when they come too fast. */
function useDecoded(shot: Shot | undefined): Decoded | undefined {
  const [decoded, setDecoded] = useState<Decoded>();
  useEffect(() => {
    if (!shot) return;
    let current = true;
    createImageBitmap(new Blob([bytes(shot.jpeg)], { type: "image/jpeg" })).then(
      (picture) => {
        if (!current) return picture.close();
        setDecoded((before) => {
          before?.picture.close();
          return { shot, picture };
        });
      },
      () => undefined, // a broken picture shows as its age, like one that never came
    );
    return () => {
      current = false;
    };
  }, [shot]);
  return decoded;
}

/** The judged frame, its boxes and its heat in one canvas and one stroke. */
export function LivePicture({ live, line, now, zone, silent, open }: { live: Live; line: Line; now: number; zone: string; silent: boolean; open: (part: string) => void }) {
  const { t, code } = useWords();
  const [show, setShow] = useState<Show>({ boxes: true, heat: true });
  const canvas = useRef<HTMLCanvasElement>(null);
  const decoded = useDecoded(live.shot?.value);
  const shot = decoded?.shot;

  useEffect(() => {
    if (!canvas.current || !decoded) return;
    draw(canvas.current, decoded.picture, decoded.shot, show, (m) => {
      const [first] = m.reasons;
      const word = first ? subject(first, t) : (t.outcomes[m.outcome] ?? m.outcome);
      return m.outcome === "fail" ? `${word} ${measure(m.score)}` : word;
    });
  }, [decoded, show, t]);

  const received = live.shot;
  const ageMS = received && shot ? received.value.age_ms + (now - received.at) : undefined;
  const judging = shot && line.cameras.find((c) => c.camera === shot.camera);
  const status = (judging ?? line.cameras[0])?.status;
  // A triggered camera that owes a picture stalls within two seconds and says
  // so; while it is live, an old picture only means that nothing has come since.
  const fresh = freshness({ silent, status, ageMS, lag: live.lag, moving: false });
  const press = (e: MouseEvent<HTMLCanvasElement>) => {
    if (!shot) return;
    const box = e.currentTarget.getBoundingClientRect();
    const scale = shot.width / box.width;
    const mark = touched(shot, (e.clientX - box.left) * scale, (e.clientY - box.top) * scale, 22 * scale);
    if (mark) open(mark.part);
  };
  const toggle = (key: keyof Show, name: string) => (
    <button type="button" className="button toggle" aria-pressed={show[key]} onClick={() => setShow({ ...show, [key]: !show[key] })}>
      {name} <span className="toggle-state">{show[key] ? t.on : t.off}</span>
    </button>
  );
  return (
    <section className="panel panel-live" aria-label={t.live}>
      <header className="panel-head">
        <h2>{t.live}</h2>
        <span className="panel-aside live-facts">
          {shot && (
            <>
              {shot.camera} · #{count(shot.seq, code)} · {clock(shot.at, zone, true)}
              {fresh === "live" && ageMS !== undefined && <> · {t.age(span(ageMS, code))}</>}
            </>
          )}
        </span>
        {toggle("boxes", t.boxes)}
        {toggle("heat", t.heatMap)}
      </header>
      <div className={`screen is-${fresh}`}>
        {shot && <canvas ref={canvas} width={shot.width} height={shot.height} onClick={press} />}
        <Veil fresh={fresh} ageMS={ageMS} status={status} silence={now - (live.state?.at ?? live.began)} />
      </div>
    </section>
  );
}
