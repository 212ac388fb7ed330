import { useQuery } from "@tanstack/react-query";

import { fetchSite } from "./api/client";
import { Station } from "./line/Station";
import { useHash } from "./components/hash";
import { useWords } from "./words/Language";

/** The whole page: finds out which lines there are and shows one of them. */
export function App() {
  const { t } = useWords();
  const { hash } = useHash();
  const site = useQuery({ queryKey: ["site"], queryFn: fetchSite, refetchInterval: 10_000 });
  if (!site.data) {
    return (
      <main className="waiting">
        <h1>Linesman</h1>
        <p role="status">{site.isError ? t.noAppliance : t.connecting}</p>
      </main>
    );
  }
  const lines = site.data.lines.map((l) => l.line);
  const line = hash.line && lines.includes(hash.line) ? hash.line : lines[0];
  if (!line) {
    return (
      <main className="waiting">
        <h1>{site.data.site}</h1>
        <p>{t.noLines}</p>
      </main>
    );
  }
  return <Station key={line} site={site.data} line={line} />;
}
