import { Sign } from "../components/Sign";
import { clock, span } from "../words/figures";
import { useWords } from "../words/Language";
import { silence, type Alarm } from "./health";
import type { Live } from "./live";

/** What is wrong and what to do about it. Nothing wrong, nothing here. */
export function Banner({ alarms, zone, live, now }: { alarms: Alarm[]; zone: string; live: Live; now: number }) {
  const { t, code, told } = useWords();
  if (alarms.length === 0) return null;
  return (
    <div className="banner" role="alert">
      {alarms.map((a, i) => (
        <div key={a.key} className={`alarm alarm-${a.level}${i === 0 ? " alarm-first" : ""}`}>
          <Sign meaning={a.level} size={i === 0 ? 44 : 26} />
          <div>
            <p className="alarm-title">
              {a.key === "no-data" ? `${a.title} · ${t.noDataFor(span(silence(live, now), code))}` : a.title}
              {a.since && a.key !== "no-data" && <span className="alarm-since">{t.since(clock(a.since, zone))}</span>}
            </p>
            {(a.what ?? a.why) && (
              <p className="alarm-what">
                {told(a.what ?? "")}
                {a.what && a.why && <span className="alarm-dot"> · </span>}
                {a.why && <span className="alarm-why">{told(a.why)}</span>}
              </p>
            )}
          </div>
        </div>
      ))}
    </div>
  );
}
