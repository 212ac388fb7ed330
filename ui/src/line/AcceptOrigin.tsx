import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { acceptOrigin, type EyeView } from "../api/client";
import { count } from "../words/figures";
import { useWords } from "../words/Language";

/** Says what accepting would do before it is done, and does it with a reason and a token. */
export function AcceptOrigin(p: { line: string; view: EyeView; token: string; setToken: (token: string) => void; done: () => void }) {
  const { t, code, told } = useWords();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const order = useMutation({
    mutationFn: () => acceptOrigin(p.line, p.view.view, reason.trim(), p.token.trim()),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["eyes", p.line] }),
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    order.mutate();
  };
  if (order.isSuccess) {
    return (
      <div className="order" role="status">
        <p className="order-effect">{t.eyes.taken(p.view.view)}</p>
        <button type="button" className="button" onClick={p.done}>
          {t.close}
        </button>
      </div>
    );
  }
  return (
    <form className="order" onSubmit={submit}>
      <p className="order-effect">{t.eyes.effect(p.view.view, count(p.view.learn, code))}</p>
      <label className="order-token">
        {t.eyes.reason}
        <input type="text" maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
        <span>{t.eyes.reasonNote}</span>
      </label>
      <label className="order-token">
        {t.token}
        <input type="password" autoComplete="off" value={p.token} onChange={(e) => p.setToken(e.target.value)} />
        <span>{t.eyes.tokenNote}</span>
      </label>
      {order.isError && (
        <p className="order-refused" role="alert">
          {told(order.error.message)}
        </p>
      )}
      <div className="order-acts">
        <button type="submit" className="button" disabled={!p.token.trim() || reason.trim().length < 3 || order.isPending}>
          {t.confirm}
        </button>
        <button type="button" className="button" onClick={p.done}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}
