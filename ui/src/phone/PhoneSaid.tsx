import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { labelAlarm, type AlarmSays } from "../api/client";
import { useWords } from "../words/Language";
import { sayReceipt } from "../worker/told";

/** Says of the alarm on this phone whether it was real; saying so takes it. token is the phone's, receipt the message's if it tells of this alarm alone. */
export function PhoneSaid({ id, token, receipt, label }: { id: string; token: string; receipt: string | undefined; label: string | undefined }) {
  const { t, told } = useWords();
  const queries = useQueryClient();
  const [asking, ask] = useState(false);
  const say = useMutation({
    // The message proves who was told; without one the phone's own token has to have the right.
    mutationFn: async (what: AlarmSays) => {
      if (receipt) await sayReceipt(receipt, "acknowledged", { label: what });
      else await labelAlarm(id, what, "", token);
    },
    onSuccess: () => ask(false),
    onSettled: () => queries.invalidateQueries(),
  });
  const button = (what: AlarmSays, words: string) => (
    <button key={what} type="button" className="button" disabled={say.isPending} onClick={() => say.mutate(what)}>
      {words}
    </button>
  );
  return (
    <div className="big-said">
      {label && <p>{t.alarm.called(t.alarm.labels[label] ?? label)}</p>}
      {asking ? (
        <>
          <p>{t.alarm.whatWasFalse}</p>
          {button("nothing there", t.alarm.labels["nothing there"] ?? "")}
          {button("not wanted", t.alarm.labels["not wanted"] ?? "")}
        </>
      ) : (
        <>
          <button type="button" className="button" disabled={say.isPending} onClick={() => ask(true)}>
            {t.alarm.wasFalse}
          </button>
          {button("real", t.alarm.wasReal)}
        </>
      )}
      {say.isError && (
        <p className="order-refused" role="alert">
          {t.phone.saidFailed(told(say.error.message))}
        </p>
      )}
      {say.isSuccess && <p role="status">{t.phone.said}</p>}
    </div>
  );
}
