import type { components } from "./schema";

type Schemas = components["schemas"];
export type Site = Schemas["Site"];
export type Line = Schemas["Line"];
export type Ledger = Schemas["Ledger"];
export type PLC = Schemas["PLC"];
export type Camera = Schemas["Camera"];
export type Verdict = Schemas["Verdict"];
export type Reason = Schemas["Reason"];
export type Brief = Schemas["Brief"];
export type Mark = Schemas["Mark"];
export type Shot = Schemas["Shot"];
export type Picture = Schemas["Picture"];
export type State = Schemas["State"];
export type Part = Schemas["Part"];
export type Nearest = Schemas["Nearest"];
export type LogEvent = Schemas["Event"];
export type Outcome = Verdict["outcome"];

/** Asks the appliance; what it refuses is an Error with its own words. */
async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) });
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new Error(problem.detail ?? `${answer.status} ${answer.statusText}`);
  }
  return (await answer.json()) as T;
}

export const fetchSite = () => ask<Site>("/api/v1/status");
export const fetchPart = (id: string) => ask<Part>(`/api/v1/parts/${encodeURIComponent(id)}`);
export const fetchNearest = (id: string) => ask<Nearest>(`/api/v1/parts/${encodeURIComponent(id)}/nearest`);
export const evidence = (sha256: string) => `/api/v1/evidence/${sha256}`;
export const livePath = (line: string) => `/api/v1/live/${encodeURIComponent(line)}`;
