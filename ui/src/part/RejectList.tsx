import { evidence, type Verdict } from "../api/client";
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
  const meaning = v.outcome === "pass" ? "collateral" : v.outcome;
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

/** The last parts that did not pass, newest on top. */
export function RejectList({ rejects, zone, open }: { rejects: Verdict[]; zone: string; open: (part: string) => void }) {
  const { t } = useWords();
  return (
    <Panel title={t.lastRejects} area="rejects" aside={<span className="panel-aside">{t.threshold}</span>}>
      {rejects.length === 0 ? (
        <p className="nothing">{t.noRejects}</p>
      ) : (
        <ul className="rejects">
          {rejects.map((v) => (
            <RejectRow key={v.seq} verdict={v} zone={zone} open={open} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
