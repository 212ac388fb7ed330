import { useQuery } from "@tanstack/react-query";

import { fetchNearest, type Nearest } from "../api/client";
import { measure } from "../words/figures";
import { useWords } from "../words/Language";

/** The place that speaks most against a part, beside the good place it was compared with. */
export function Pair({ nearest: n }: { nearest: Nearest }) {
  const { t } = useWords();
  return (
    <div className="nearest">
      <figure>
        <img src={`data:image/jpeg;base64,${n.here}`} alt={t.thisPart} />
        <figcaption>{t.thisPart}</figcaption>
      </figure>
      <figure>
        {n.there ? <img src={`data:image/jpeg;base64,${n.there}`} alt={t.goodPart} /> : <p className="nearest-none">{t.goodNotKept}</p>}
        <figcaption>
          {t.goodPart} {n.name ?? n.good} · {t.distance} {measure(n.distance)}
        </figcaption>
      </figure>
    </div>
  );
}

/** Asks for it only when somebody looks at a rejected part whose picture was kept. */
export function NearestStrip({ id }: { id: string }) {
  const { t, told } = useWords();
  const nearest = useQuery({ queryKey: ["nearest", id], queryFn: () => fetchNearest(id), staleTime: Number.POSITIVE_INFINITY, retry: false });
  return (
    <section aria-label={t.comparedWith}>
      <h3>{t.comparedWith}</h3>
      {nearest.data ? (
        <Pair nearest={nearest.data} />
      ) : (
        <p className="nothing" role="status">
          {nearest.isError ? told(nearest.error.message) : t.loading}
        </p>
      )}
    </section>
  );
}
