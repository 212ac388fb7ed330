import type { WatchAlert } from "../api/client";
import { Panel } from "../components/Panel";
import { Sign } from "../components/Sign";
import { span } from "../words/figures";
import { useWords } from "../words/Language";
import { signOf } from "./sight";

const rank = { critical: 0, high: 1, medium: 2, low: 3 } as const;

/** The rules that hold now, the gravest first, each with what to do. */
export function Standing({ alerts, now }: { alerts: WatchAlert[]; now: number }) {
  const { t, code, told } = useWords();
  const sorted = [...alerts].sort((a, b) => rank[a.severity] - rank[b.severity] || Date.parse(a.raised) - Date.parse(b.raised));
  return (
    <Panel title={t.watch.standing} area="standing" aside={sorted.length > 0 && <span className="panel-aside">{sorted.length}</span>}>
      {sorted.length === 0 && <p className="nothing">{t.watch.nothingHolds}</p>}
      <ul className="standing">
        {sorted.map((a) => (
          <li key={a.key} className={`is-${a.severity}`}>
            <Sign meaning={signOf(a.severity)} size={34} label={t.watch.severities[a.severity] ?? a.severity} />
            <div>
              <p className="standing-rule">{told(a.text)}</p>
              <p className="standing-say">{a.say}</p>
              <p className="standing-facts">
                {[t.watch.severities[a.severity], a.camera, a.zone].filter(Boolean).join(" · ")} · {t.watch.since(span(now - Date.parse(a.raised), code))}
              </p>
              {a.unseen && <p className="standing-unseen">{t.watch.unseen(a.unseen)}</p>}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
