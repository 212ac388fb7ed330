import type { Brief } from "../api/client";
import { Sign, type Meaning } from "../components/Sign";
import { useWords } from "../words/Language";

const meaning = (b: Brief): Meaning => (b.outcome === "pass" && b.collateral ? "collateral" : b.outcome);

/** The last verdicts in a row: only what is abnormal has a colour. */
export function Strip({ strip }: { strip: Brief[] }) {
  const { t } = useWords();
  const of = (o: string) => strip.filter((b) => b.outcome === o).length;
  const says = t.stripSays(of("pass"), of("fail"), of("inconclusive"));
  return (
    <section className="panel panel-strip" aria-label={t.lastParts(strip.length)}>
      <header className="panel-head">
        <h2>{t.lastParts(strip.length)}</h2>
        <span className="panel-aside">
          {says} · {t.newestRight}
        </span>
      </header>
      <div className="strip" role="img" aria-label={says}>
        {Array.from({ length: Math.max(0, 40 - strip.length) }, (_, i) => (
          <span key={`empty ${i}`} className="strip-cell" />
        ))}
        {strip.map((b) => (
          <span key={b.seq} className={`strip-cell is-${meaning(b)}`}>
            <Sign meaning={meaning(b)} size={26} />
          </span>
        ))}
      </div>
    </section>
  );
}
