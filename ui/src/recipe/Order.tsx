import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent } from "react";

import { orderRecipe, type RecipeLine } from "../api/client";
import { useWords } from "../words/Language";
import { Difference } from "./Version";

/** What somebody is about to order: recipe is the version that is acted on, to the one that judges then. */
export interface Wanted {
  act: "activate" | "back";
  recipe: string;
  to: string;
}

/** Shows what an order would do before it is given, and gives it with a token. */
export function Order(p: { line: RecipeLine; wanted: Wanted; token: string; setToken: (token: string) => void; done: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const { line, wanted } = p;
  const order = useMutation({
    mutationFn: () => orderRecipe(wanted.act, wanted.recipe, line.line, p.token.trim()),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["recipes"] }),
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    order.mutate();
  };
  if (order.isSuccess) {
    return (
      <div className="order" role="status">
        <p className="order-effect">{t.ordered(order.data.recipe)}</p>
        <button type="button" className="button" onClick={p.done}>
          {t.close}
        </button>
      </div>
    );
  }
  return (
    <form className="order" onSubmit={submit}>
      <p className="order-effect">{t.effect(line.line, wanted.to, line.recipe)}</p>
      <Difference from={line.recipe} to={wanted.to} />
      <label className="order-token">
        {t.token}
        <input type="password" autoComplete="off" value={p.token} onChange={(e) => p.setToken(e.target.value)} />
        <span>{t.tokenNote}</span>
      </label>
      {order.isError && (
        <p className="order-refused" role="alert">
          {order.error.message}
        </p>
      )}
      <div className="order-acts">
        <button type="submit" className="button" disabled={!p.token.trim() || order.isPending}>
          {t.confirm}
        </button>
        <button type="button" className="button" onClick={p.done}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}
