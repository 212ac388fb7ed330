import { useQuery } from "@tanstack/react-query";

import { type Candidate, candidateReport, fetchCandidates } from "../api/client";
import { saveKept } from "../api/kept";
import { clock, count, date } from "../words/figures";
import { useWords } from "../words/Language";

/** One candidate: from what it was taught, what it would change, its price, the next step. */
export function Row({ line, candidate: c, zone }: { line: string; candidate: Candidate; zone: string }) {
  const { t, code } = useWords();
  const w = t.candidate;
  const n = (value: number) => count(value, code);
  const { made, tried } = c;
  const says = [
    w.from(n(made.good), n(made.labelled)),
    made.labelled > 0 && w.passed(n(made.labelled_passed), n(made.labelled)),
    made.missed_defects > 0 && w.found(n(made.missed_defects_found), n(made.missed_defects)),
    (made.defects ?? 0) > 0 && w.rejected(n(made.defects_rejected ?? 0), n(made.defects ?? 0)),
  ].filter(Boolean);
  const next = w.next[c.state]?.(made.recipe);
  return (
    <li className="version">
      <div className="version-words">
        <p className="version-title">
          <b>{c.version}</b>
          <span>{w.states[c.state] ?? c.state}</span>
        </p>
        <p>
          {made.recipe}
          {c.at && ` · ${date(c.at, zone)} ${clock(c.at, zone)}`}
          {c.by && ` · ${c.by}`}
        </p>
        <p>{says.join("; ")}</p>
        {tried ? (
          <>
            <p>{w.would(n(tried.judged), n(tried.would_reject), n(tried.would_pass))}</p>
            <p>
              {w.price(n(tried.price), n(tried.passes))}
              {tried.upper_95 ? `, ${w.atMost(`${(100 * tried.upper_95).toPrecision(2)} %`)}` : ""}
            </p>
            {(tried.defects_passed ?? 0) > 0 && <p className="candidate-price">{w.escapes(n(tried.defects_passed ?? 0))}</p>}
            {tried.unlabelled_passed > 0 && <p className="candidate-price">{w.unlabelled(n(tried.unlabelled_passed))}</p>}
          </>
        ) : (
          <p>{w.untried}</p>
        )}
        {next && <p>{next}</p>}
      </div>
      {c.report && (
        <div className="version-acts">
          <a className="button" href={candidateReport(line, c.version)} target="_blank" rel="noreferrer" onClick={(e) => saveKept(e, candidateReport(line, c.version), `candidate-${c.version}.html`)}>
            {w.report}
          </a>
        </div>
      )}
    </li>
  );
}

/** What waits beside a line's recipe, taught anew from mistakes. */
export function Candidates({ line, zone }: { line: string; zone: string }) {
  const { t, told } = useWords();
  const asked = useQuery({ queryKey: ["candidates", line], queryFn: () => fetchCandidates(line), refetchInterval: 10_000 });
  const list = asked.data;
  return (
    <section className="candidates" aria-label={t.candidate.title}>
      <h3>{t.candidate.title}</h3>
      {list?.failed && <p>{t.candidate.failed(list.failed.cause)}</p>}
      {list?.removed && <p>{t.candidate.removed(list.removed.folder, list.removed.why)}</p>}
      {list?.candidates.length ? (
        <>
          <p>{t.candidate.note}</p>
          <ul>
            {list.candidates.map((c) => (
              <Row key={c.version} line={line} candidate={c} zone={zone} />
            ))}
          </ul>
        </>
      ) : (
        <p role="status">{asked.isError ? told(asked.error.message) : list ? t.candidate.none : t.loading}</p>
      )}
    </section>
  );
}
