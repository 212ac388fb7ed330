import { Sign } from "../components/Sign";
import type { Freshness } from "../line/health";
import { span } from "../words/figures";
import { useWords } from "../words/Language";

/** What lies over a picture that is not live, in words. */
export function Veil({ fresh, ageMS, status, silence }: { fresh: Freshness; ageMS: number | undefined; status: string | undefined; silence: number }) {
  const { t, code } = useWords();
  if (fresh === "live") return null;
  const age = span(ageMS ?? 0, code);
  const name = (status && t.cameraStates[status]) || "";
  const text = {
    none: t.noPicture,
    late: t.latePicture(age),
    stale: t.lastPicture(age),
    frozen: t.frozenPicture,
    standing: t.standing(age),
    noData: t.noDataFor(span(silence, code)),
    down: ageMS === undefined ? name : `${name} · ${t.lastPicture(age)}`,
  }[fresh];
  const meaning = { none: undefined, standing: undefined, late: "medium", frozen: "medium", stale: "high", noData: "high", down: "high" } as const;
  const sign = meaning[fresh];
  return (
    <div className={`veil veil-${fresh}`} role="status">
      <p className={`veil-text${sign ? ` veil-${sign}` : ""}`}>
        {sign && <Sign meaning={sign} size={30} />}
        {text}
      </p>
    </div>
  );
}
