import type { AlarmDelivery } from "../api/client";
import { Sign } from "../components/Sign";
import { span } from "../words/figures";
import { useWords } from "../words/Language";
import { steps } from "./state";

/** Who was called by what, and how far each call has come, in seconds since it was called for. */
export function Deliveries({ deliveries, now }: { deliveries: AlarmDelivery[]; now: number }) {
  const { t, code, told } = useWords();
  if (deliveries.length === 0) return <p className="nothing">{t.alarm.noDeliveries}</p>;
  return (
    <ul className="deliveries">
      {[...deliveries].reverse().map((d) => {
        const done = steps(d);
        const failed = d.state === "failed" && !d.withdrawn;
        return (
          <li key={d.id} className={failed ? "is-high" : undefined}>
            <p className="delivery-who">
              {failed && <Sign meaning="high" size={22} />}
              <b>{d.recipient || t.alarm.nobody}</b> · {d.channel}
              <span>
                {d.step === 0 ? t.alarm.byRule : t.alarm.round(String(d.step), String(d.round))}
                {d.alarms > 1 && ` · ${t.alarm.together(String(d.alarms - 1))}`}
                {d.attempts > 1 && ` · ${t.alarm.attempts(String(d.attempts))}`}
              </span>
            </p>
            <ol className="delivery-steps">
              <li>{t.alarm.steps["pending"]}</li>
              {done.map((s) => (
                <li key={s.step} className={s.step === "failed" && failed ? "is-high" : undefined}>
                  {s.step === "failed" && d.withdrawn ? t.alarm.withdrawn : (t.alarm.steps[s.step] ?? s.step)} <b>{t.alarm.after(span(1000 * s.seconds, code))}</b>
                </li>
              ))}
              {d.state === "pending" && <li className="is-waiting">{t.alarm.waiting(span(now - Date.parse(d.pending), code))}</li>}
            </ol>
            {d.why && !d.withdrawn && <p className="delivery-why">{told(d.why)}</p>}
          </li>
        );
      })}
    </ul>
  );
}
