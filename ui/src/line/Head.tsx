import { SignOut } from "../access/SignIn";
import type { Line, Site } from "../api/client";
import { useHash } from "../components/hash";
import { Pages } from "../components/SiteHead";
import { Sign } from "../components/Sign";
import { clock, date, offset } from "../words/figures";
import { useWords } from "../words/Language";
import { noData } from "./health";
import type { Live } from "./live";

/** What is running, in what state, and what time it is there. */
export function Head({ site, line, live, now, old, worst }: { site: Site; line: Line; live: Live; now: number; old: boolean; worst: "high" | "medium" | undefined }) {
  const { t, code, speak } = useWords();
  const { go } = useHash();
  const silent = noData(live, now);
  const state = live.state;
  const time = state && Date.parse(state.value.now) + (silent ? 0 : now - state.at);
  return (
    <header className="head">
      <img src="/icon.svg" alt="" width="36" height="36" />
      {site.lines.length > 1 ? (
        <label className="head-line">
          <span className="visually-hidden">{t.line}</span>
          <select value={line.line} onChange={(e) => go({ line: e.target.value })}>
            {site.lines.map((l) => (
              <option key={l.line}>{l.line}</option>
            ))}
          </select>
        </label>
      ) : (
        <h1 className="head-line">{line.line}</h1>
      )}
      <p className={`head-state state-${old ? "silent" : line.state}`} role="status">
        <Sign meaning={worst ?? (line.state === "running" ? "ok" : "pass")} size={26} />
        {old ? t.asOf(clock(line.at, site.zone)) : (t.states[line.state] ?? line.state)}
      </p>
      <dl className="head-facts">
        <div>
          <dt>{t.recipe}</dt>
          <dd>{line.recipe || "–"}</dd>
        </div>
        <div>
          <dt>{t.batch}</dt>
          <dd>{line.batch || "–"}</dd>
        </div>
        <div>
          <dt>{t.model}</dt>
          <dd>{line.model || "–"}</dd>
        </div>
      </dl>
      <div className="head-clock">
        <span className="head-time">{time ? clock(time, site.zone) : "–"}</span>
        <span className="head-zone">
          {time ? `${date(time, site.zone)} ${offset(time, site.zone)}` : site.zone} · {site.site}
        </span>
      </div>
      <Pages site={site} here="line" />
      <button type="button" className="button head-recipes" onClick={() => go({ line: line.line, recipes: true })}>
        {t.recipes}
      </button>
      <button type="button" className="button head-language" lang={code === "zh" ? "en" : "zh-CN"} onClick={() => speak(code === "zh" ? "en" : "zh")}>
        {code === "zh" ? "English" : "中文"}
      </button>
      <SignOut />
    </header>
  );
}
