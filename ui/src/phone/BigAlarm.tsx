import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { acknowledgeAlarm, evidence, fetchAlarm } from "../api/client";
import { kept, wants } from "../alarm/state";
import { Sign } from "../components/Sign";
import { signOf } from "../watch/sight";
import { clock, date, span } from "../words/figures";
import { useWords } from "../words/Language";
import { sayReceipt } from "../worker/told";
import { PhoneSaid } from "./PhoneSaid";
import type { Shown } from "./shown";

/** A kept picture, fetched with the phone's token where reading wants one. */
function usePicture(sha256: string | undefined, token: string): string | undefined {
  const [url, setURL] = useState<string>();
  useEffect(() => {
    if (!sha256) return undefined;
    let made: string | undefined;
    let current = true;
    fetch(evidence(sha256), { headers: { Authorization: `Bearer ${token}` } })
      .then((answer) => (answer.ok ? answer.blob() : undefined))
      .then(
        (blob) => {
          if (!blob || !current) return;
          made = URL.createObjectURL(blob);
          setURL(made);
        },
        () => undefined, // no picture: the words are what counts
      );
    return () => {
      current = false;
      setURL(undefined);
      if (made) URL.revokeObjectURL(made);
    };
  }, [sha256, token]);
  return url;
}

/** The alarm that wants this phone's person: large, with its picture, what to do, and one button. */
export function BigAlarm({ shown, token, zone, old, ageMS, now }: { shown: Shown; token: string; zone: string | undefined; old: boolean; ageMS: number; now: number }) {
  const { t, code, told } = useWords();
  const queries = useQueryClient();
  const { alarm, notice } = shown;
  const id = alarm?.id ?? notice?.alarm ?? "";
  const detail = useQuery({ queryKey: ["alarm", id], queryFn: () => fetchAlarm(id, token), refetchInterval: 5000, enabled: id !== "" });
  const has = kept(detail.data?.events ?? []);
  const picture = usePicture(has.picture, token);
  const take = useMutation({
    // The link of the notice proves who was told; without one the phone's own token has to have the right.
    mutationFn: async () => {
      if (notice) await sayReceipt(notice.token, "acknowledged");
      else await acknowledgeAlarm(id, "", token);
    },
    onSettled: () => queries.invalidateQueries(),
  });
  useEffect(() => {
    if (!notice) return undefined;
    // Opened is what somebody touched, not what a page drew.
    const touched = () => void sayReceipt(notice.token, "opened").catch(() => undefined);
    window.addEventListener("pointerdown", touched, { once: true });
    return () => window.removeEventListener("pointerdown", touched);
  }, [notice]);
  const severity = alarm?.severity ?? notice?.severity ?? "info";
  const raised = alarm?.opened ?? notice?.raised ?? "";
  const taken = alarm && !wants(alarm);
  return (
    <article className={`big big-${severity}${old ? " is-old" : ""}`}>
      <header>
        <Sign meaning={signOf(severity)} size={56} label={t.watch.severities[severity] ?? severity} />
        <div>
          <p className="big-severity">
            {t.watch.severities[severity]} · {raised && t.phone.ago(span(Math.max(0, now - Date.parse(raised)), code))}
          </p>
          {(alarm?.drill ?? notice?.drill) && <p className="alarm-drill">{t.alarm.drillTitle}</p>}
          <h2>{told(alarm?.text ?? notice?.text ?? "")}</h2>
        </div>
      </header>
      {(alarm?.what_to_do ?? notice?.what_to_do) && (
        <p className="big-say">
          <span>{t.alarm.whatTo}</span>
          {told(alarm?.what_to_do ?? notice?.what_to_do ?? "")}
        </p>
      )}
      {picture && (
        <figure>
          <img src={picture} alt={t.phone.picture} />
          <figcaption>{t.phone.picture}</figcaption>
        </figure>
      )}
      {notice && notice.alarms.length > 1 && <p className="big-facts">{t.phone.more(String(notice.alarms.length - 1))}</p>}
      <p className="big-facts">
        {raised && zone && `${date(raised, zone)} ${clock(raised, zone)} · `}
        {alarm ? (t.alarm.states[alarm.state] ?? alarm.state) : ""}
        {alarm?.camera && ` · ${alarm.camera}`}
        {alarm?.zone && ` · ${alarm.zone}`}
      </p>
      {taken ? (
        <p className="big-taken" role="status">
          <Sign meaning="ok" size={30} />
          {alarm.acknowledged ? t.alarm.ackBy(alarm.acknowledged.by, zone ? clock(alarm.acknowledged.at, zone) : "") : (t.alarm.states[alarm.state] ?? alarm.state)}
        </p>
      ) : (
        <div className="big-act">
          <p>{t.alarm.ackEffect}</p>
          <button type="button" className="button big-button" disabled={take.isPending} onClick={() => take.mutate()}>
            {take.isPending ? t.phone.acking : t.phone.wants}
            <span>{t.phone.wantsNote}</span>
          </button>
          {take.isError && (
            <p className="order-refused" role="alert">
              {t.phone.ackFailed(told(take.error.message))}
            </p>
          )}
          {take.isSuccess && <p role="status">{t.phone.acked}</p>}
        </div>
      )}
      {has.seen && <PhoneSaid key={id} id={id} token={token} receipt={notice && notice.alarms.length <= 1 ? notice.token : undefined} label={has.label} />}
      {old && (
        <p className="big-veil" role="status">
          <Sign meaning="high" size={30} />
          {t.phone.old(span(ageMS, code))}
        </p>
      )}
    </article>
  );
}
