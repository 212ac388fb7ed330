import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState, type FormEvent } from "react";

import { acceptView } from "../api/client";
import { useWords } from "../words/Language";

/** Says that a camera which was turned on purpose shows what it should, with a reason and a token. */
export function AcceptView({ camera, close }: { camera: string; close: () => void }) {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [token, setToken] = useState("");
  useEffect(() => dialog.current?.showModal(), []);
  const order = useMutation({ mutationFn: () => acceptView(camera, reason.trim(), token.trim()) });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    order.mutate();
  };
  return (
    <dialog ref={dialog} className="acting" onClose={close} aria-label={t.watch.viewTitle(camera)}>
      <h2>{t.watch.viewTitle(camera)}</h2>
      {order.isSuccess ? (
        <div className="order" role="status">
          <p className="order-effect">{t.watch.viewDone(camera)}</p>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {t.close}
          </button>
        </div>
      ) : (
        <form className="order" onSubmit={submit}>
          <p className="order-effect">{t.watch.viewEffect(camera)}</p>
          <label className="order-token">
            {t.watch.viewReason}
            <input type="text" maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
            <span>{t.watch.viewReasonNote}</span>
          </label>
          <label className="order-token">
            {t.token}
            <input type="password" autoComplete="off" value={token} onChange={(e) => setToken(e.target.value)} />
            <span>{t.watch.setNote}</span>
          </label>
          {order.isError && (
            <p className="order-refused" role="alert">
              {order.error.message}
            </p>
          )}
          <div className="order-acts">
            <button type="submit" className="button" disabled={!token.trim() || reason.trim().length < 3 || order.isPending}>
              {t.confirm}
            </button>
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              {t.cancel}
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}
