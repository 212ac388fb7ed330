import "./recipe.css";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { fetchRecipes, type RecipeLine } from "../api/client";
import { clock, count, date } from "../words/figures";
import { useWords } from "../words/Language";
import { Candidates } from "./Candidates";
import { Order, type Wanted } from "./Order";
import { Version } from "./Version";

/** By what the line is to judge, since when, and what comes next. */
function Judging({ line: l, zone }: { line: RecipeLine; zone: string }) {
  const { t, code } = useWords();
  return (
    <div className="judging">
      <h2>{t.judgesBy(l.judges)}</h2>
      {l.waits && <p role="status">{t.waits(l.waits.recipe, String(l.waits.from_tick.count), String(l.belt.count))}</p>}
      {!l.waits && l.recipe !== l.judges && <p role="status">{t.notYet(l.recipe)}</p>}
      <p>{l.since ? `${date(l.since, zone)} ${clock(l.since, zone)} ${t.madeActive(l.by ?? "", t.recipeWhys[l.why ?? ""] ?? "")}` : t.bySite}</p>
      {l.next && <p>{t.nextRecipe(l.next.recipe, `${date(l.next.at, zone)} ${clock(l.next.at, zone)}`)}</p>}
      {l.shadow && <p>{t.besideLine(l.shadow.recipe, count(l.shadow.judged, code), count(l.shadow.would_reject, code), count(l.shadow.would_pass, code))}</p>}
    </div>
  );
}

/** The versions on the shelf, and the way of one to this line and back. */
export function RecipeDialog({ line, zone, close }: { line: string; zone: string; close: () => void }) {
  const { t, told } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [wanted, want] = useState<Wanted>();
  const [token, setToken] = useState("");
  const shelf = useQuery({ queryKey: ["recipes"], queryFn: fetchRecipes, refetchInterval: 2000 });
  useEffect(() => dialog.current?.showModal(), []);
  const here = shelf.data?.lines.find((l) => l.line === line);
  const waits = here?.waits;
  return (
    <dialog ref={dialog} className="recipes" onClose={close} aria-label={t.recipes}>
      <header className="recipes-head">
        {here ? <Judging line={here} zone={zone} /> : <h2>{t.recipes}</h2>}
        <nav className="recipes-nav">
          {waits && (
            <button type="button" className="button" onClick={() => want({ act: "cancel", recipe: waits.recipe, to: here?.judges ?? "" })}>
              {t.takeBack(waits.recipe)}
            </button>
          )}
          {here?.before && (
            <button type="button" className="button" onClick={() => want({ act: "back", recipe: here.recipe, to: here.before ?? "" })}>
              {t.back(here.before)}
            </button>
          )}
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {t.close} ✕
          </button>
        </nav>
      </header>
      {here && wanted && <Order key={`${wanted.act} ${wanted.recipe}`} line={here} wanted={wanted} token={token} setToken={setToken} done={() => want(undefined)} />}
      <div className="versions">
        {shelf.data?.recipes.length ? (
          <ul>
            {shelf.data.recipes.map((v) => (
              <Version key={v.recipe} version={v} line={here} zone={zone} activate={() => want({ act: "activate", recipe: v.recipe, to: v.recipe })} />
            ))}
          </ul>
        ) : (
          <p className="nothing" role="status">
            {shelf.isError ? told(shelf.error.message) : shelf.data ? t.noRecipes : t.loading}
          </p>
        )}
        <Candidates line={line} zone={zone} />
      </div>
    </dialog>
  );
}
