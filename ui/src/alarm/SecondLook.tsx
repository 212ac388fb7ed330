import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { fetchSecondLook, labelAlarm, lookReport, orderLook, type SecondLook as Look } from "../api/client";
import { saveKept } from "../api/kept";
import { clock, date } from "../words/figures";
import { useWords } from "../words/Language";
import { Act, type Acting } from "./Act";
import { Crop } from "./Crop";

type Candidate = Look["candidates"][number];

function Row({ look, candidate, zone, act }: { look: Look; candidate: Candidate; zone: string; act: (wanted: Acting) => void }) {
  const { t } = useWords();
  const { made, at } = candidate;
  const state = made.version === look.active ? t.alarm.lookActive : made.version === look.shadow ? t.alarm.lookShadow : t.alarm.lookWaits;
  return (
    <li>
      <p>
        <b>{made.version}</b> · {state} · {date(at, zone)} {clock(at, zone)}
      </p>
      <p>{t.alarm.lookWould(String(made.withheld), String(made.alarms))}</p>
      <p className={made.withheld_real > 0 ? "is-price" : undefined}>{t.alarm.lookPrice(String(made.withheld_real), String(made.labelled_real))}</p>
      {made.withheld_unlabelled > 0 && <p>{t.alarm.lookUnlabelled(String(made.withheld_unlabelled))}</p>}
      <div className="acts">
        <a className="button" href={lookReport(made.version)} target="_blank" rel="noreferrer" onClick={(e) => saveKept(e, lookReport(made.version), `second-look-${made.version}.html`)}>
          {t.alarm.lookReport}
        </a>
        {made.version !== look.active && (
          <button type="button" className="button" onClick={() => act({ title: t.alarm.lookActivate, effect: t.alarm.lookActivateEffect(made.version, String(made.withheld_real)), takes: t.alarm.lookToken, act: (_, by) => orderLook(`${made.version}/activate`, by) })}>
            {t.alarm.lookActivate}
          </button>
        )}
        {made.version !== look.active && made.version !== look.shadow && (
          <button type="button" className="button" onClick={() => act({ title: t.alarm.lookBeside, effect: t.alarm.lookBesideEffect, takes: t.alarm.lookToken, act: (_, by) => orderLook(`${made.version}/shadow`, by) })}>
            {t.alarm.lookBeside}
          </button>
        )}
      </div>
    </li>
  );
}

/** By what alarms are withheld, what waits for a person, and what was withheld. */
export function SecondLook({ zone, token, setToken }: { zone: string; token: string; setToken: (token: string) => void }) {
  const { t, told } = useWords();
  const [acting, act] = useState<Acting>();
  const asked = useQuery({ queryKey: ["alarms", "secondlook"], queryFn: fetchSecondLook, refetchInterval: 5000 });
  const look = asked.data;
  if (!look) {
    return (
      <p className="nothing" role="status">
        {asked.isError ? told(asked.error.message) : t.alarm.loading}
      </p>
    );
  }
  return (
    <div className="look">
      {acting && <Act key={acting.title} acting={acting} token={token} setToken={setToken} close={() => act(undefined)} />}
      <p>{look.active ? t.alarm.lookBy(look.active, String(look.withheld)) : t.alarm.lookNone}</p>
      {look.refused && <p className="order-refused">{told(look.refused)}</p>}
      {look.shadow && <p>{t.alarm.lookBesideNow(look.shadow, String(look.shadow_would_withhold), String(look.shadow_looked))}</p>}
      {look.can_go_back && (
        <div className="acts">
          <button type="button" className="button act-first" onClick={() => act({ title: t.alarm.lookBack, effect: t.alarm.lookBackEffect(look.before ?? ""), takes: t.alarm.lookToken, act: (_, by) => orderLook("back", by) })}>
            {t.alarm.lookBack}
          </button>
        </div>
      )}
      <h3>{t.alarm.lookCandidates}</h3>
      {look.candidates.length === 0 && <p className="nothing">{look.failed ?? t.alarm.lookNoCandidate}</p>}
      <ul>
        {look.candidates.map((c) => (
          <Row key={c.made.version} look={look} candidate={c} zone={zone} act={act} />
        ))}
      </ul>
      <h3>{t.alarm.lookWithheld}</h3>
      {look.last_withheld.length === 0 && <p className="nothing">{t.alarm.lookNoneWithheld}</p>}
      <ul>
        {look.last_withheld.map((w) => (
          <li key={w.id}>
            <p>
              <b>{told(w.what.text)}</b> · {date(w.at, zone)} {clock(w.at, zone)} · {w.what.camera}
              {w.label && ` · ${t.alarm.called(t.alarm.labels[w.label] ?? w.label)}`}
            </p>
            <div className="look-crops">
              {w.what.sights.map((s) => (
                <Crop key={s.crop_sha256} sha256={s.crop_sha256} label={t.watch.labels[s.label] ?? s.label} />
              ))}
            </div>
            {w.label !== "real" && (
              <button type="button" className="button" onClick={() => act({ title: t.alarm.wasReal, effect: t.alarm.missedEffect, says: "note", act: (note, by) => labelAlarm(w.id, "real", note, by) })}>
                {t.alarm.wasReal}
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
