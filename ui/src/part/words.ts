import type { Reason, Verdict } from "../api/client";
import { measure } from "../words/figures";
import type { Words } from "../words/words";

/** What a reason is about, in a word or two. */
export function subject(r: Reason, t: Words): string {
  const name = r.class || r.rule;
  if (name === "doubt") {
    const cause = r.text.split(":", 1)[0] ?? "";
    return t.doubts[cause] ?? (cause && cause.length <= longestCause ? cause : t.doubt);
  }
  return t.classes[name] ?? t.rules[name] ?? name;
}

/** A cause of doubt with more letters than this makes no headline. */
const longestCause = 28;

/** A number with its unit, where the unit says anything to a person. */
export function quantity(value: number, unit: string | undefined, t: Words): string {
  const word = t.units[unit ?? ""] ?? unit ?? "";
  return word ? `${measure(value)} ${word}` : measure(value);
}

/** A reason in figures: "0.81 > 0.35 mm". Empty where nothing was measured. */
export function figures(r: Reason, t: Words): string {
  if (r.measured === 0 && r.limit === 0) return "";
  return `${measure(r.measured)} ${r.measured > r.limit ? ">" : r.measured < r.limit ? "<" : "="} ${quantity(r.limit, r.unit, t)}`;
}

/** What the appliance wrote, unless it only says once more what the figures do. */
export function remark(r: Reason): string {
  const measured = r.measured !== 0 || r.limit !== 0;
  return measured && r.text.startsWith(`${r.class || r.rule} `) ? "" : r.text;
}

/** The headline of a verdict: what was found, or how it came out. */
export function headline(v: Verdict, t: Words): string {
  const first = v.reasons[0];
  if (first) return subject(first, t);
  return v.outcome === "pass" && v.collateral ? t.collateral : (t.outcomes[v.outcome] ?? v.outcome);
}
