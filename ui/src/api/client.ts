import { readingToken } from "../access/reading";
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
export type Sample = Schemas["Sample"];
export type Samples = Schemas["Samples"];
/** What a person can hold a part to be. "defect" is of one that did not pass. */
export type PartLabel = Schemas["LabelBody"]["label"] | "defect";
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
export type Watched = Schemas["Watched"];
export type Watch = Schemas["Watch"];
export type WatchPicture = Schemas["WatchPicture"];
export type WatchTrack = Schemas["WatchTrack"];
export type WatchZone = Schemas["WatchZone"];
export type WatchSpace = Schemas["WatchSpace"];
export type HeadsSet = Schemas["HeadsSet"];
export type WatchAlert = Schemas["WatchAlert"];
export type WatchHour = Schemas["WatchHour"];
export type WatchHours = Schemas["WatchHours"];
export type Alarms = Schemas["Alarms"];
export type Alarm = Schemas["Alarm"];
export type AlarmDetail = Schemas["AlarmDetail"];
export type AlarmDelivery = Schemas["AlarmDelivery"];
export type AlarmHistory = Schemas["AlarmHistory"];
export type AlarmKPIs = Schemas["AlarmKPIs"];
export type SecondLook = Schemas["SecondLook"];
export type CandidateList = Schemas["CandidateList"];
export type Candidate = Schemas["Candidate"];
export type AlarmSays = "real" | "nothing there" | "not wanted" | "none";
export type Drill = Schemas["Drill"];
export type Phones = Schemas["Phones"];
export type Notice = Schemas["Notice"];
export type Severity = Alarm["severity"];
export type AlarmState = Alarm["state"];

/** What the appliance refused, in its own words, and with what status. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

interface Order {
  token?: string;
  body?: unknown;
  method?: "POST" | "PUT" | "DELETE";
}

/** Asks the appliance; what it refuses is an Error with its own words. */
export async function ask<T>(path: string, order?: Order): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const request: RequestInit = { headers, signal: AbortSignal.timeout(8000) };
  const token = order?.token || readingToken();
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (order && "body" in order) {
    headers["Content-Type"] = "application/json";
    request.method = order.method ?? "POST";
    request.body = JSON.stringify(order.body);
  } else if (order?.method) request.method = order.method;
  const answer = await fetch(path, request).catch(() => {
    throw new Error("the appliance does not answer: look at the network, and whether it runs");
  });
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new Refused(problem.detail ?? `${answer.status} ${answer.statusText}`, answer.status);
  }
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

export const fetchSite = (token?: string) => ask<Site>("/api/v1/status", token ? { token } : undefined);
export const fetchPart = (id: string) => ask<Part>(`/api/v1/parts/${encodeURIComponent(id)}`);
export const partPage = (id: string) => `/api/v1/parts/${encodeURIComponent(id)}/page`;
export const fetchNearest = (id: string) => ask<Nearest>(`/api/v1/parts/${encodeURIComponent(id)}/nearest`);
/** The last passes of a line with a picture, newest first. */
export const fetchPasses = (line: string) => ask<Schemas["Passes"]>(`/api/v1/lines/${encodeURIComponent(line)}/passes?limit=24`);
/** The labels of a line's parts. */
export const fetchSamples = (line: string) => ask<Samples>(`/api/v1/samples?line=${encodeURIComponent(line)}`);
/** Says what a judged part really is; the class is of a defective one. */
export const labelPart = (id: string, label: PartLabel, name: string, note: string, token: string) =>
  ask<Sample>(`/api/v1/parts/${encodeURIComponent(id)}/label`, { token, body: { label, ...(name ? { class: name } : {}), ...(note ? { note } : {}) } });

/** "cap-28@2" as a path. */
const version = (recipe: string) => `/api/v1/recipes/${recipe.split("@").map(encodeURIComponent).join("/")}`;
export const fetchRecipes = () => ask<RecipeShelf>("/api/v1/recipes");
export const fetchRecipeDiff = (from: string, to: string) => ask<RecipeDiff>(`${version(to)}/diff?from=${encodeURIComponent(from)}`);
export const fetchCandidates = (line: string) => ask<CandidateList>(`/api/v1/lines/${encodeURIComponent(line)}/candidates`);
export const candidateReport = (line: string, version: string) => `/api/v1/lines/${encodeURIComponent(line)}/candidates/${encodeURIComponent(version)}/report`;
export const recipeReport = (recipe: string) => `${version(recipe)}/report`;
/** Has a line judge by a version, from the next place on the belt on or from a count of its encoder, or leave it for the one before. */
export const orderRecipe = (act: "activate" | "back", recipe: string, line: string, token: string, tick?: number) =>
  ask<RecipeLine>(`${version(recipe)}/${act}`, { token, body: { line, ...(tick === undefined ? {} : { from_tick: { epoch: 0, count: tick } }) } });

const onLine = (line: string, what: string) => `/api/v1/lines/${encodeURIComponent(line)}/${what}`;
/** Takes a changeover back that waits for its place. */
export const cancelChangeover = (line: string, recipe: string, token: string) =>
  ask<RecipeLine>(`${onLine(line, "changeover")}?recipe=${encodeURIComponent(recipe)}`, { token, method: "DELETE" });
export const fetchEyes = (line: string) => ask<Eyes>(onLine(line, "eyes"));
export const fetchAccuracy = (line: string) => ask<Accuracy>(onLine(line, "accuracy"));
/** Takes what a view shows now for right. */
export const acceptOrigin = (line: string, view: string, reason: string, token: string) => ask<Eyes>(onLine(line, "eyes/origin"), { token, body: { view, reason } });

export const evidence = (sha256: string) => `/api/v1/evidence/${sha256}`;
export const livePath = (line: string) => `/api/v1/live/${encodeURIComponent(line)}`;

export const watchesLive = "/api/v1/watches/live";
export const fetchWatched = () => ask<Watched>("/api/v1/watches");
export const fetchHours = () => ask<WatchHours>("/api/v1/watches/hours");
/** Says how many are in a space, by somebody who counted. */
export const setHeads = (space: string, people: number, token: string) => ask<HeadsSet>(`/api/v1/spaces/${encodeURIComponent(space)}/heads`, { token, body: { people }, method: "PUT" });

/** Says that a safety camera shows what it should, after it was turned on purpose. */
export const acceptView = (camera: string, reason: string, token: string) => ask<Watched>(`/api/v1/watches/${encodeURIComponent(camera)}/view`, { token, body: { reason } });

/** What stands; a phone asks with its own token. */
export const fetchAlarms = (token?: string, normal = 0) => ask<Alarms>(`/api/v1/alarms?drills=true&normal=${normal}`, token ? { token } : undefined);
export const fetchAlarm = (id: string, token?: string) => ask<AlarmDetail>(`/api/v1/alarms/${encodeURIComponent(id)}`, token ? { token } : undefined);
export const fetchHistory = (before: string | undefined) => ask<AlarmHistory>(`/api/v1/alarms/history?limit=30&drills=true${before ? `&before=${before}` : ""}`);
export const fetchKPIs = (from: string, to: string) => ask<AlarmKPIs>(`/api/v1/alarms/kpis?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`);
export const fetchPhones = (token?: string) => ask<Phones>("/api/v1/alarms/phones", token ? { token } : undefined);

const onAlarm = (id: string, act: string) => `/api/v1/alarms/${encodeURIComponent(id)}/${act}`;
export const acknowledgeAlarm = (id: string, note: string, token: string) => ask<Alarm>(onAlarm(id, "acknowledge"), { token, body: note ? { note } : {} });
export const labelAlarm = (id: string, label: AlarmSays, note: string, token: string) => ask<Schemas["AlarmLabel"]>(onAlarm(id, "label"), { token, body: note ? { label, note } : { label } });
export const shelveAlarm = (id: string, until: string, reason: string, token: string) => ask<Alarm>(onAlarm(id, "shelve"), { token, body: { until, reason } });
export const unshelveAlarm = (id: string, reason: string, token: string) => ask<Alarm>(onAlarm(id, "unshelve"), { token, body: reason ? { reason } : {} });
export const alarmService = (key: string, out: boolean, reason: string, token: string) => ask<Alarms>("/api/v1/alarms/service", { token, body: { key, out_of_service: out, ...(reason ? { reason } : {}) } });
export const drillAlarms = (token: string) => ask<Drill>("/api/v1/alarms/drill", { token, body: {} });

export const fetchSecondLook = () => ask<SecondLook>("/api/v1/secondlook");
export const lookReport = (version: string) => `/api/v1/secondlook/${encodeURIComponent(version)}/report`;
/** Makes a candidate active or has it judge beside the alarms ("VERSION/activate"), or goes one step back ("back"). */
export const orderLook = (order: string, token: string) => ask<SecondLook>(`/api/v1/secondlook/${order}`, { token, body: {} });
