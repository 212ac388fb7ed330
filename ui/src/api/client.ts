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
export type RecipeShelf = Schemas["RecipeShelf"];
export type RecipeVersion = Schemas["RecipeVersion"];
export type RecipeLine = Schemas["RecipeLine"];
export type RecipeDiff = Schemas["RecipeDiff"];
export type Eyes = Schemas["Eyes"];
export type EyeView = Schemas["EyeView"];
export type EyeMeasure = Schemas["EyeMeasure"];
export type Accuracy = Schemas["Accuracy"];
export type SampleTally = Schemas["SampleTally"];
export type Outcome = Verdict["outcome"];

/** Asks the appliance; what it refuses is an Error with its own words. */
async function ask<T>(path: string, order?: { token: string; body: unknown }): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const request: RequestInit = { headers, signal: AbortSignal.timeout(8000) };
  if (order) {
    headers["Authorization"] = `Bearer ${order.token}`;
    headers["Content-Type"] = "application/json";
    request.method = "POST";
    request.body = JSON.stringify(order.body);
  }
  const answer = await fetch(path, request);
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new Error(problem.detail ?? `${answer.status} ${answer.statusText}`);
  }
  return (await answer.json()) as T;
}

export const fetchSite = () => ask<Site>("/api/v1/status");
export const fetchPart = (id: string) => ask<Part>(`/api/v1/parts/${encodeURIComponent(id)}`);
export const fetchNearest = (id: string) => ask<Nearest>(`/api/v1/parts/${encodeURIComponent(id)}/nearest`);

/** "cap-28@2" as a path. */
const version = (recipe: string) => `/api/v1/recipes/${recipe.split("@").map(encodeURIComponent).join("/")}`;
export const fetchRecipes = () => ask<RecipeShelf>("/api/v1/recipes");
export const fetchRecipeDiff = (from: string, to: string) => ask<RecipeDiff>(`${version(to)}/diff?from=${encodeURIComponent(from)}`);
export const recipeReport = (recipe: string) => `${version(recipe)}/report`;
/** Has a line judge by a version, or leave it for the one before. */
export const orderRecipe = (act: "activate" | "back", recipe: string, line: string, token: string) => ask<RecipeLine>(`${version(recipe)}/${act}`, { token, body: { line } });

const onLine = (line: string, what: string) => `/api/v1/lines/${encodeURIComponent(line)}/${what}`;
export const fetchEyes = (line: string) => ask<Eyes>(onLine(line, "eyes"));
export const fetchAccuracy = (line: string) => ask<Accuracy>(onLine(line, "accuracy"));
/** Takes what a view shows now for right. */
export const acceptOrigin = (line: string, view: string, reason: string, token: string) => ask<Eyes>(onLine(line, "eyes/origin"), { token, body: { view, reason } });

export const evidence = (sha256: string) => `/api/v1/evidence/${sha256}`;
export const livePath = (line: string) => `/api/v1/live/${encodeURIComponent(line)}`;
