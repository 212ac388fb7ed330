import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { cancelChangeover, orderRecipe, type RecipeLine } from "../api/client";
import { useWords } from "../words/Language";
import { Difference } from "./Version";

/** What somebody is about to order: recipe is the version that is acted on, to the one that judges then. */
export interface Wanted {
  act: "activate" | "back" | "cancel";
  recipe: string;
  to: string;
}

/** Shows what an order would do before it is given, and gives it with a token. */
export function Order(p: { line: RecipeLine; wanted: Wanted; token: string; setToken: (token: string) => void; done: () => void }) {
  const { t, told } = useWords();
  const queries = useQueryClient();
  const { line, wanted } = p;
  const [tick, setTick] = useState("");
  const at = tick.trim() === "" ? undefined : Number(tick);
  const odd = at !== undefined && (!Number.isSafeInteger(at) || at === 0);
  const order = useMutation({
    mutationFn: () => {
      const token = p.token.trim();
      return wanted.act === "cancel" ? cancelChangeover(line.line, wanted.recipe, token) : orderRecipe(wanted.act, wanted.recipe, line.line, token, wanted.act === "activate" ? at : undefined);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["recipes"] }),
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    order.mutate();
  };
  if (order.isSuccess) {
    return (
      <div className="order" role="status">
        <p className="order-effect">{wanted.act === "cancel" ? t.tookBack(wanted.recipe, order.data.judges) : t.ordered(order.data.recipe, order.data.from_tick && String(order.data.from_tick.count))}</p>
        <button type="button" className="button" onClick={p.done}>
          {t.close}
        </button>
      </div>
    );
  }
  return (
    <form className="order" onSubmit={submit}>
      <p className="order-effect">
        {wanted.act === "cancel" ? t.cancelEffect(line.line, wanted.recipe, wanted.to) : t.effect(line.line, wanted.to, line.recipe, at === undefined || odd ? undefined : String(at))}
      </p>
      {wanted.act !== "cancel" && <Difference from={line.recipe} to={wanted.to} />}
      {wanted.act === "activate" && (
        <label className="order-token">
          {t.fromTick}
          <input inputMode="numeric" autoComplete="off" value={tick} aria-invalid={odd} onChange={(e) => setTick(e.target.value)} />
          <span>{t.fromTickNote(String(line.belt.count))}</span>
        </label>
      )}
      <label className="order-token">
        {t.token}
        <input type="password" autoComplete="off" value={p.token} onChange={(e) => p.setToken(e.target.value)} />
        <span>{t.tokenNote}</span>
      </label>
      {order.isError && (
        <p className="order-refused" role="alert">
          {told(order.error.message)}
        </p>
      )}
      <div className="order-acts">
        <button type="submit" className="button" disabled={!p.token.trim() || odd || order.isPending}>
          {t.confirm}
        </button>
        <button type="button" className="button" onClick={p.done}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}
