import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { useWords } from "../words/Language";

/** What is about to be done: its effect in words, what it needs, and how it is done. */
export interface Acting {
  title: string;
  effect: ReactNode;
  /** What has to be said with it: a note may be empty, a reason not. */
  says?: "note" | "reason";
  /** More to be filled in, before the reason. */
  more?: ReactNode;
  ready?: boolean;
  /** Which right the token has to have, where it is not "acknowledge". */
  takes?: string;
  act: (said: string, token: string) => Promise<unknown>;
  done?: string;
}

/** Says what an act would do before it is done, and does it with a token. */
export function Act({ acting, token, setToken, close }: { acting: Acting; token: string; setToken: (token: string) => void; close: () => void }) {
  const { t, told } = useWords();
  const queries = useQueryClient();
  const [said, say] = useState("");
  const order = useMutation({
    mutationFn: () => acting.act(said.trim(), token.trim()),
    onSuccess: () => Promise.all([queries.invalidateQueries({ queryKey: ["alarms"] }), queries.invalidateQueries({ queryKey: ["alarm"] }), queries.invalidateQueries({ queryKey: ["phones"] })]),
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    order.mutate();
  };
  if (order.isSuccess) {
    return (
      <div className="order" role="status">
        <p className="order-effect">{acting.done ?? t.alarm.done}</p>
        <button type="button" className="button" onClick={close}>
          {t.close}
        </button>
      </div>
    );
  }
  const lacking = acting.says === "reason" && said.trim().length < 3;
  return (
    <form className="order" onSubmit={submit} aria-label={acting.title}>
      <p className="order-effect">
        <b>{acting.title}</b> {acting.effect}
      </p>
      {acting.more}
      {acting.says && (
        <label className="order-token">
          {acting.says === "reason" ? t.alarm.reason : t.alarm.note}
          <input type="text" maxLength={500} value={said} onChange={(e) => say(e.target.value)} />
          <span>{acting.says === "reason" ? t.alarm.reasonNote : t.alarm.noteNote}</span>
        </label>
      )}
      <label className="order-token">
        {t.token}
        <input type="password" autoComplete="off" value={token} onChange={(e) => setToken(e.target.value)} />
        <span>{acting.takes ?? t.alarm.tokenNote}</span>
      </label>
      {order.isError && (
        <p className="order-refused" role="alert">
          {told(order.error.message)}
        </p>
      )}
      <div className="order-acts">
        <button type="submit" className="button order-do" disabled={!token.trim() || lacking || acting.ready === false || order.isPending}>
          {acting.title.replace("…", "")}
        </button>
        <button type="button" className="button" onClick={close}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}
