import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { fetchRecipeDiff, recipeReport, type RecipeLine, type RecipeVersion } from "../api/client";
import { saveKept } from "../api/kept";
import { count, date } from "../words/figures";
import { useWords } from "../words/Language";

/** What differs between two versions, a row a setting. */
export function Difference({ from, to }: { from: string; to: string }) {
  const { t, told } = useWords();
  const diff = useQuery({ queryKey: ["recipe-diff", from, to], queryFn: () => fetchRecipeDiff(from, to), staleTime: Infinity });
  if (!diff.data) {
    return (
      <p className="nothing" role="status">
        {diff.isError ? told(diff.error.message) : t.loading}
      </p>
    );
  }
  if (diff.data.rows.length === 0) return <p className="nothing">{t.noDifference}</p>;
  return <pre className="difference">{`${from} → ${to}\n${diff.data.rows.join("\n")}`}</pre>;
}

/** One version: how far it has come, what it would change, and the next step. */
export function Version({ version: v, line, zone, activate }: { version: RecipeVersion; line: RecipeLine | undefined; zone: string; activate: () => void }) {
  const { t, code } = useWords();
  const [open, setOpen] = useState(false);
  const isHere = line?.recipe === v.recipe;
  return (
    <li className={`version${isHere ? " is-here" : ""}`}>
      <div className="version-words">
        <p className="version-title">
          <b>{v.recipe}</b>
          <span>
            {t.recipeStates[v.state] ?? v.state}
            {v.active_on.length > 0 && ` ${t.activeOn(v.active_on.join(", "))}`}
          </span>
        </p>
        {v.tested && <p>{t.wouldChange(count(v.tested.judged, code), count(v.tested.would_reject, code), count(v.tested.would_pass, code))}</p>}
        {v.signed && <p>{t.signedBy(v.signed.name || v.signed.user, date(v.signed.at, zone))}</p>}
        {v.missing && !isHere && <p>{v.missing}</p>}
      </div>
      <div className="version-acts">
        {line && !isHere && (
          <button type="button" className="button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t.difference}
          </button>
        )}
        {v.tested && (
          <a className="button" href={recipeReport(v.recipe)} target="_blank" rel="noreferrer" onClick={(e) => saveKept(e, recipeReport(v.recipe), `${v.recipe}.html`)}>
            {t.report}
          </a>
        )}
        {line && !isHere && (
          <button type="button" className="button" disabled={Boolean(v.missing)} onClick={activate}>
            {t.activate}
          </button>
        )}
      </div>
      {open && line && <Difference from={line.recipe} to={v.recipe} />}
    </li>
  );
}
