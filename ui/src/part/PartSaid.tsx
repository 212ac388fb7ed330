import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Act, type Acting } from "../alarm/Act";
import { fetchSamples, labelPart, type PartLabel, type Sample, type Verdict } from "../api/client";
import { clock, date } from "../words/figures";
import { useWords } from "../words/Language";
import { classesKnown, longestClass, sayable } from "./said";

/** Chooses the class of a defective part: one that is known, or one typed. */
function ClassChoice({ known, chosen, choose }: { known: string[]; chosen: string; choose: (name: string) => void }) {
  const { t } = useWords();
  return (
    <>
      {known.length > 0 && (
        <fieldset className="choices">
          <legend>{t.said.which}</legend>
          {known.map((name) => (
            <button key={name} type="button" className="button toggle" aria-pressed={chosen === name} onClick={() => choose(chosen === name ? "" : name)}>
              {t.classes[name] ?? name}
            </button>
          ))}
        </fieldset>
      )}
      <label className="order-token">
        {known.length > 0 ? t.said.typed : t.said.which}
        <input type="text" maxLength={longestClass} value={chosen} onChange={(e) => choose(e.target.value)} />
        <span>{t.said.typedNote}</span>
      </label>
    </>
  );
}

/** What a person holds the part to be, who said it, and the buttons that say it. */
export function PartSaid({ verdict: v, rejects, label, zone }: { verdict: Verdict; rejects: Verdict[]; label: Sample | undefined; zone: string }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [wanted, want] = useState<PartLabel>();
  const [name, setName] = useState("");
  const [token, setToken] = useState("");
  const bad = wanted === "missed defect" || wanted === "defect";
  const samples = useQuery({ queryKey: ["samples", v.line], queryFn: () => fetchSamples(v.line), enabled: bad });
  const close = () => {
    want(undefined);
    setName("");
    setToken("");
  };
  const words: Record<PartLabel, string> = { "false reject": t.said.falseReject, defect: t.said.defect, "missed defect": t.said.missed, good: t.said.good, none: t.said.none };
  const stands = label && label.label !== "none" ? label : undefined;
  let acting: Acting | undefined;
  if (wanted) {
    acting = {
      title: words[wanted],
      effect: wanted === "missed defect" ? `${t.said.effects[wanted]} ${t.said.needed}` : t.said.effects[wanted],
      says: "note",
      takes: t.tokenNote,
      ready: wanted !== "missed defect" || name.trim() !== "",
      more: bad && <ClassChoice known={classesKnown(samples.data?.samples ?? [], [v, ...rejects])} chosen={name} choose={setName} />,
      act: async (note, by) => {
        await labelPart(v.part, wanted, bad ? name.trim() : "", note, by);
        await Promise.all([queries.invalidateQueries({ queryKey: ["part", v.part] }), queries.invalidateQueries({ queryKey: ["samples"] })]);
      },
    };
  }
  return (
    <section aria-label={t.said.title} className="part-said">
      <h3>{t.said.title}</h3>
      {stands ? (
        <>
          <p className="part-label">{t.said.by(`${t.said.labels[stands.label] ?? stands.label}${stands.class ? ` (${t.classes[stands.class] ?? stands.class})` : ""}`, stands.by, `${date(stands.at, zone)} ${clock(stands.at, zone)}`)}</p>
          {stands.note && <p>{stands.note}</p>}
          {stands.not_learnable && <p>{t.said.unlearned(stands.not_learnable)}</p>}
        </>
      ) : (
        <p>{t.said.asks}</p>
      )}
      {acting ? (
        <Act key={wanted} acting={acting} token={token} setToken={setToken} close={close} />
      ) : (
        <div className="acts">
          {sayable(v.outcome, stands?.label).map((l) => (
            <button key={l} type="button" className="button" onClick={() => want(l)}>
              {words[l]}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}
