import "./part.css";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { fetchPart, partPage, type Verdict } from "../api/client";
import { saveKept } from "../api/kept";
import { Sign } from "../components/Sign";
import { Story } from "../event/Story";
import { clock, date, measure } from "../words/figures";
import { useWords } from "../words/Language";
import { HeatPicture } from "./HeatPicture";
import { NearestStrip } from "./NearestStrip";
import { PartSaid } from "./PartSaid";
import { Reasons } from "./Reasons";
import { headline } from "./words";

function Facts({ verdict: v }: { verdict: Verdict }) {
  const { t } = useWords();
  const facts: [string, string][] = [
    [t.part, v.part],
    [t.batch, v.batch ?? "–"],
    [t.lane, String(v.lane)],
    [t.trigger, v.trigger ? String(v.trigger) : "–"],
    [t.due, `${v.due.epoch}:${v.due.count}`],
    [t.recipe, v.recipe],
    [t.recipeHash, v.recipe_sha256],
    [t.model, v.model],
    [t.modelHash, v.model_sha256],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One part with all that is known of it: what was seen, why, by what, when. */
export function PartDialog({ id, rejects, zone, open, close }: { id: string; rejects: Verdict[]; zone: string; open: (part: string) => void; close: () => void }) {
  const { t, told } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [heat, setHeat] = useState(true);
  const part = useQuery({ queryKey: ["part", id], queryFn: () => fetchPart(id), refetchInterval: (q) => ((q.state.data?.events.length ?? 0) < 3 ? 2000 : false) });
  useEffect(() => dialog.current?.showModal(), []);

  const verdict = part.data?.verdict ?? rejects.find((r) => r.part === id);
  const at = rejects.findIndex((r) => r.part === id);
  const newer = at > 0 ? rejects[at - 1] : undefined;
  const older = at >= 0 ? rejects[at + 1] : undefined;
  return (
    <dialog ref={dialog} className="part" onClose={close} aria-label={t.part}>
      <header className="part-head">
        {verdict && (
          <>
            <Sign meaning={verdict.outcome === "pass" && verdict.collateral ? "collateral" : verdict.outcome} size={40} />
            <div>
              <h2>
                {t.outcomes[verdict.outcome]} · {headline(verdict, t)}
              </h2>
              <p>
                {date(verdict.at, zone)} {clock(verdict.at, zone, true)} · {verdict.line} · {t.lane} {verdict.lane}
              </p>
            </div>
            {verdict.outcome === "fail" && (
              <p className="part-score">
                <b>{measure(verdict.score)}</b>
                <span>
                  {t.score} · {t.threshold}
                </span>
              </p>
            )}
          </>
        )}
        <nav className="part-nav">
          <button type="button" className="button" disabled={!newer} onClick={() => newer && open(newer.part)}>
            ← {t.newer}
          </button>
          <button type="button" className="button" disabled={!older} onClick={() => older && open(older.part)}>
            {t.older} →
          </button>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {t.close} ✕
          </button>
        </nav>
      </header>
      {verdict ? (
        <div className="part-body">
          <div className="part-picture">
            <HeatPicture picture={verdict.picture_sha256} heatmap={verdict.heatmap_sha256} heat={heat} />
            {verdict.heatmap_sha256 ? (
              <button type="button" className="button toggle" aria-pressed={heat} onClick={() => setHeat(!heat)}>
                {t.heatMap} <span className="toggle-state">{heat ? t.on : t.off}</span>
              </button>
            ) : (
              verdict.picture_sha256 && <p className="nothing">{t.noHeatMap}</p>
            )}
            {verdict.outcome === "fail" && verdict.picture_sha256 && <NearestStrip id={id} />}
          </div>
          <section aria-label={t.why} className="part-why">
            <h3>{t.why}</h3>
            <Reasons reasons={verdict.reasons} />
            <PartSaid key={verdict.part} verdict={verdict} rejects={rejects} label={part.data?.story?.label} zone={zone} />
            <h3>{t.times}</h3>
            <Story verdict={verdict} events={part.data?.events ?? []} zone={zone} />
          </section>
          <section aria-label={t.identity} className="part-identity">
            <h3>{t.identity}</h3>
            <Facts verdict={verdict} />
            <a className="button" href={partPage(verdict.part)} target="_blank" rel="noreferrer" onClick={(e) => saveKept(e, partPage(verdict.part), `part-${verdict.part}.html`)}>
              {t.partPage}
            </a>
          </section>
        </div>
      ) : (
        <p className="nothing" role="status">
          {part.isError ? told(part.error.message) : t.loading}
        </p>
      )}
    </dialog>
  );
}
