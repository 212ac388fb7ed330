import { useEffect, useRef, useState } from "react";

import { Act } from "../alarm/Act";
import { acceptView } from "../api/client";
import { useWords } from "../words/Language";

/** Says that a camera which was turned on purpose shows what it should, with a reason and a token. */
export function AcceptView({ camera, close }: { camera: string; close: () => void }) {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [token, setToken] = useState("");
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="acting" onClose={close} aria-label={t.watch.viewTitle(camera)}>
      <h2>{t.watch.viewTitle(camera)}</h2>
      <Act
        acting={{ title: t.watch.viewRight, effect: t.watch.viewEffect(camera), says: "reason", act: (reason, mine) => acceptView(camera, reason, mine), done: t.watch.viewDone(camera) }}
        token={token}
        setToken={setToken}
        close={() => dialog.current?.close()}
      />
    </dialog>
  );
}
