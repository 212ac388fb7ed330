import type { Outcome, PartLabel, Sample, Verdict } from "../api/client";

/** The longest name of a class, in characters, as the appliance takes it. */
export const longestClass = 40;

/** How many known classes are offered as buttons. */
const offered = 8;

/** What can be said of a part by its verdict; what stands can be changed or taken back. */
export function sayable(outcome: Outcome, stands?: string): PartLabel[] {
  const out: PartLabel[] = outcome === "pass" ? ["missed defect", "good"] : ["false reject", "defect"];
  return stands ? [...out, "none"] : out;
}

/** Names of defects that people gave, newest first, and then those of rejects. */
export function classesKnown(samples: Sample[], verdicts: Verdict[]): string[] {
  const names = samples.map((s) => s.class).reverse();
  names.push(...verdicts.flatMap((v) => v.reasons.map((r) => r.class)));
  return [...new Set(names.filter((n): n is string => !!n && [...n].length <= longestClass))].slice(0, offered);
}
