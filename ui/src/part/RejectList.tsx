import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { evidence, fetchPasses, type Verdict } from "../api/client";
import { useKept } from "../api/kept";
import { Panel } from "../components/Panel";
import { Sign } from "../components/Sign";
import { clock, measure } from "../words/figures";
import { useWords } from "../words/Language";
import { figures, headline } from "./words";

function RejectRow({ verdict: v, zone, open }: { verdict: Verdict; zone: string; open: (part: string) => void }) {
  const { t } = useWords();
  const first = v.reasons[0];
  const picture = useKept(v.picture_sha256 && evidence(v.picture_sha256));
  const meaning = v.outcome === "pass" && v.collateral ? "collateral" : v.outcome;
  return (
    <li>
      <button type="button" className="reject" onClick={() => open(v.part)}>
        <span className="reject-picture">{picture ? <img src={picture} alt="" loading="lazy" width="64" height="64" /> : <span className="no-picture">–</span>}</span>
        <span className="reject-words">
          <span className="reject-title">
            <Sign meaning={meaning} size={22} label={t.outcomes[v.outcome] ?? v.outcome} />
            <b>{headline(v, t)}</b>
            {v.outcome === "fail" && <span className="reject-score">{measure(v.score)}</span>}
          </span>
          <span className="reject-facts">{(first && (figures(first, t) || first.text)) || t.outcomes[v.outcome]}</span>
          <span className="reject-facts">
            {clock(v.at, zone)} · {t.lane} {v.lane}
            {v.late && ` · ${t.late}`}
          </span>
        </span>
      </button>
    </li>
  );
}

function Rows({ verdicts, zone, open }: { verdicts: Verdict[]; zone: string; open: (part: string) => void }) {
  return (
    <ul className="rejects">
      {verdicts.map((v) => (
        <RejectRow key={v.seq} verdict={v} zone={zone} open={open} />
      ))}
    </ul>
  );
}

/** The last passes with a picture; they are asked for only where somebody wants to see them. */
function PassRows({ line, zone, open }: { line: string; zone: string; open: (part: string) => void }) {
  const { t, told } = useWords();
  const passes = useQuery({ queryKey: ["passes", line], queryFn: () => fetchPasses(line), refetchInterval: 30_000 });
  if (passes.data?.passes.length) return <Rows verdicts={passes.data.passes} zone={zone} open={open} />;
  return (
    <p className="nothing" role="status">
      {passes.isError ? told(passes.error.message) : passes.data ? t.said.noPasses : t.said.reading}
    </p>
  );
}

/** The last parts that did not pass, newest on top, or the last passes with a picture. */
export function RejectList({ line, rejects, zone, open }: { line: string; rejects: Verdict[]; zone: string; open: (part: string) => void }) {
  const { t } = useWords();
  const [passed, setPassed] = useState(false);
  const choice = (
    <span className="panel-aside reject-choice" role="group" aria-label={t.said.list}>
      <button type="button" className="button toggle" aria-pressed={!passed} onClick={() => setPassed(false)}>
        {t.said.rejects}
      </button>
      <button type="button" className="button toggle" aria-pressed={passed} onClick={() => setPassed(true)}>
        {t.said.passes}
      </button>
    </span>
  );
  return (
    <Panel title={passed ? t.said.lastPasses : t.lastRejects} area="rejects" aside={choice}>
      {passed ? <PassRows line={line} zone={zone} open={open} /> : rejects.length === 0 ? <p className="nothing">{t.noRejects}</p> : <Rows verdicts={rejects} zone={zone} open={open} />}
    </Panel>
  );
}
