import type { Reason, Verdict } from "../api/client";
import { measure } from "../words/figures";
import type { Words } from "../words/words";

/** What a reason is about, in a word or two. */
export function subject(r: Reason, t: Words): string {
  const name = r.class || r.rule;
  return t.classes[name] ?? t.rules[name] ?? name;
}

/** A reason in figures: "0.81 mm > 0.35 mm". Empty where nothing was measured. */
export function figures(r: Reason): string {
  if (r.measured === 0 && r.limit === 0) return "";
  const unit = r.unit && r.unit !== "1 = threshold" ? ` ${r.unit}` : "";
  return `${measure(r.measured)}${unit} ${r.measured > r.limit ? ">" : r.measured < r.limit ? "<" : "="} ${measure(r.limit)}${unit}`;
}

/** The headline of a verdict: what was found, or how it came out. */
export function headline(v: Verdict, t: Words): string {
  const first = v.reasons[0];
  if (first) return subject(first, t);
  return v.outcome === "pass" && v.collateral ? t.collateral : (t.outcomes[v.outcome] ?? v.outcome);
}
