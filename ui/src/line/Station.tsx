import "./station.css";

import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";

import { fetchAccuracy, fetchEyes, type Site } from "../api/client";
import { Tile } from "../camera/Tile";
import { useHash } from "../components/hash";
import { useNow } from "../components/now";
import { LedgerTable } from "../part/LedgerTable";
import { PartDialog } from "../part/PartDialog";
import { RejectList } from "../part/RejectList";
import { Equipment } from "../plc/Equipment";
import { RecipeDialog } from "../recipe/RecipeDialog";
import { useWords } from "../words/Language";
import { Banner } from "./Banner";
import { eyeAlarms } from "./eyes";
import { EyesDialog } from "./EyesDialog";
import { EyesPanel } from "./EyesPanel";
import { Figures } from "./Figures";
import { Head } from "./Head";
import { alarms, lineSilent, noData, silence } from "./health";
import { LivePicture } from "./LivePicture";
import { useLive } from "./live";
import { Strip } from "./Strip";

/** One line on one screen. */
export function Station({ site, line: id }: { site: Site; line: string }) {
  const { t, code, told } = useWords();
  const { hash, go } = useHash();
  const live = useLive(id);
  const now = useNow();
  const open = useCallback((part: string) => go({ line: id, part }), [go, id]);

  const eyes = useQuery({ queryKey: ["eyes", id], queryFn: () => fetchEyes(id), refetchInterval: 3000 });
  const accuracy = useQuery({ queryKey: ["accuracy", id], queryFn: () => fetchAccuracy(id), refetchInterval: 30_000 });

  const state = live.state?.value;
  const line = state?.line ?? site.lines.find((l) => l.line === id);
  if (!line) return null;
  const silent = noData(live, now);
  const wrong = alarms(live, now, t);
  if (!silent) wrong.push(...eyeAlarms(eyes.data, accuracy.data, t, code));
  wrong.sort((a, b) => Number(b.level === "high") - Number(a.level === "high"));
  const old = silent || lineSilent(live, now);
  const rejects = state?.rejects ?? [];

  return (
    <>
      <div className={`station${old ? " is-silent" : ""}`}>
        <Head site={site} line={line} live={live} now={now} old={old} worst={wrong[0]?.level} />
        <Banner alarms={wrong} zone={site.zone} live={live} now={now} />
        <Figures line={line} />
        <LivePicture live={live} line={line} now={now} zone={site.zone} silent={silent} open={open} />
        <div className="beside">
          {(state?.cameras ?? site.cameras).map((c) => (
            <Tile key={c.camera} camera={c} got={live.pictures[c.camera]} now={now} lag={live.lag} silence={silent ? silence(live, now) : 0} />
          ))}
          <LedgerTable ledger={line.ledger} answered={line.plc.connected} />
          <Equipment line={line} beside={state?.cameras ?? site.cameras} />
        </div>
        <div className="after">
          <RejectList line={id} rejects={rejects} zone={site.zone} open={open} />
          <EyesPanel eyes={eyes.data} heard={eyes.dataUpdatedAt} accuracy={accuracy.data} open={() => go({ line: id, eyes: true })} />
        </div>
        <Strip strip={state?.strip ?? []} />
      </div>
      {hash.recipes && <RecipeDialog line={id} zone={site.zone} close={() => go({ line: id })} />}
      {hash.eyes && <EyesDialog line={id} eyes={eyes.data} heard={eyes.dataUpdatedAt} accuracy={accuracy.data} zone={site.zone} error={eyes.isError ? told(eyes.error.message) : undefined} close={() => go({ line: id })} />}
      {hash.part && <PartDialog id={hash.part} rejects={rejects} zone={site.zone} open={open} close={() => go({ line: id })} />}
    </>
  );
}
