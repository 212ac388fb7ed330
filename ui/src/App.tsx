import { useQuery, useQueryClient } from "@tanstack/react-query";

import "./recipe/recipe.css";

import { SignIn } from "./access/SignIn";
import { AlarmBanner } from "./alarm/AlarmBanner";
import { AlarmPage } from "./alarm/AlarmPage";
import { fetchSite, fetchWatched, Refused, type Site } from "./api/client";
import { useHash } from "./components/hash";
import { Station } from "./line/Station";
import { SafetyPage } from "./watch/SafetyPage";
import { useWords } from "./words/Language";

/** The page that the address asks for; a site with safety cameras and no line begins with those. */
function Page({ site }: { site: Site }) {
  const { t } = useWords();
  const { hash } = useHash();
  const lines = site.lines.map((l) => l.line);
  const line = hash.line && lines.includes(hash.line) ? hash.line : lines[0];
  const watched = useQuery({ queryKey: ["watched"], queryFn: () => fetchWatched(), enabled: !line });
  if (hash.alarms) return <AlarmPage site={site} />;
  if (hash.safety) return <SafetyPage site={site} />;
  if (line) return <Station key={line} site={site} line={line} />;
  if (watched.data?.watches.length) return <SafetyPage site={site} />;
  return (
    <main className="waiting">
      <h1>{site.site}</h1>
      <p>{watched.isPending ? t.connecting : t.noLines}</p>
    </main>
  );
}

/** The whole page: finds out what the site has and shows what is asked for. */
export function App() {
  const { t, told } = useWords();
  const queries = useQueryClient();
  const site = useQuery({ queryKey: ["site"], queryFn: () => fetchSite(), refetchInterval: 10_000 });
  if (site.error instanceof Refused && site.error.status === 401) return <SignIn refused={told(site.error.message)} done={() => void queries.resetQueries()} />;
  if (!site.data) {
    return (
      <main className="waiting">
        <h1>Linesman</h1>
        <p role="status">{site.isError ? t.noAppliance : t.connecting}</p>
      </main>
    );
  }
  return (
    <>
      <AlarmBanner />
      <Page site={site.data} />
    </>
  );
}
