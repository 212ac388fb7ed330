import { useQuery } from "@tanstack/react-query";

import { SignOut } from "../access/SignIn";
import { fetchWatched, type Site } from "../api/client";
import { clock, date, offset } from "../words/figures";
import { useWords } from "../words/Language";
import { useHash } from "./hash";
import { Sign, type Meaning } from "./Sign";

/** The ways to the other pages of the site. */
export function Pages({ site, here }: { site: Site; here: "line" | "safety" | "alarms" }) {
  const { t } = useWords();
  const { go } = useHash();
  const watched = useQuery({ queryKey: ["watched"], queryFn: () => fetchWatched(), staleTime: 60_000 });
  return (
    <nav className="pages" aria-label={t.pages}>
      {site.lines.length > 0 && here !== "line" && (
        <button type="button" className="button" onClick={() => go({ line: site.lines[0]?.line ?? "" })}>
          {t.watch.lines}
        </button>
      )}
      {here !== "safety" && watched.data !== undefined && watched.data.watches.length > 0 && (
        <button type="button" className="button" onClick={() => go({ safety: true })}>
          {t.watch.title}
        </button>
      )}
      {here !== "alarms" && (
        <button type="button" className="button" onClick={() => go({ alarms: true })}>
          {t.alarm.title}
        </button>
      )}
    </nav>
  );
}

/** The head of a page of the whole site: what it is, how it stands, what time it is there. */
export function SiteHead(p: { site: Site; here: "safety" | "alarms"; title: string; state: string; meaning: Meaning; time: number | undefined; old: boolean }) {
  const { code, speak } = useWords();
  return (
    <header className="head site-head">
      <img src="/icon.svg" alt="" width="36" height="36" />
      <h1 className="head-line">{p.title}</h1>
      <p className={`head-state${p.old ? " state-silent" : ""}`} role="status">
        <Sign meaning={p.meaning} size={26} />
        {p.state}
      </p>
      <div className="head-clock">
        <span className="head-time">{p.time ? clock(p.time, p.site.zone) : "–"}</span>
        <span className="head-zone">
          {p.time ? `${date(p.time, p.site.zone)} ${offset(p.time, p.site.zone)}` : p.site.zone} · {p.site.site}
        </span>
      </div>
      <Pages site={p.site} here={p.here} />
      <button type="button" className="button head-language" lang={code === "zh" ? "en" : "zh-CN"} onClick={() => speak(code === "zh" ? "en" : "zh")}>
        {code === "zh" ? "English" : "中文"}
      </button>
      <SignOut />
    </header>
  );
}
