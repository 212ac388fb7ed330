import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { CandidateList, RecipeShelf } from "../api/client";
import { RecipeDialog } from "./RecipeDialog";

const at = "2026-11-24T11:00:00Z";
const tested = { at, by: "os:li", report_sha256: "r", judged: 4711, would_reject: 3, would_pass: 2 };
const signed = { at, user: "li", name: "Li Wei", event: "e" };
const version = (n: number, change: object): RecipeShelf["recipes"][number] => ({
  recipe: `cap-28@${n}`, name: "cap-28", version: n, sha256: "", model_sha256: "", state: "draft", active_on: [], ...change,
});

let orders: { path: string; init: RequestInit | undefined }[];
let shelf: RecipeShelf;
let candidates: CandidateList;
let refusal: string | undefined;

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  orders = [];
  refusal = undefined;
  candidates = { candidates: [] };
  shelf = {
    recipes: [
      version(3, { state: "tested", tested, missing: "recipe cap-28@3 is tested and not signed: linesman recipe sign cap-28@3" }),
      version(2, { state: "signed", tested, signed }),
      version(1, { state: "active", active_on: ["caps-1"], missing: "recipe cap-28@1 was not tested" }),
    ],
    lines: [{ line: "caps-1", recipe: "cap-28@1", judges: "cap-28@1", since: at, by: "user:li", why: "back", before: "cap-28@2", belt: { epoch: 1, count: 184000 }, next: { recipe: "cap-30", at } }],
  };
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    const answer = (status: number, body: unknown) => Promise.resolve(new Response(JSON.stringify(body), { status }));
    if (init?.method === "DELETE") {
      orders.push({ path, init });
      return refusal ? answer(409, { detail: refusal }) : answer(200, shelf.lines[0]);
    }
    if (init?.method === "POST") {
      orders.push({ path, init });
      return refusal ? answer(403, { detail: refusal }) : answer(200, { ...shelf.lines[0], recipe: "cap-28@2" });
    }
    if (path.includes("/candidates")) return answer(200, candidates);
    return answer(200, path.includes("/diff") ? { from: "", to: "", rows: ["  limits.anomaly: 1 -> 0.9"] } : shelf);
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show() {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RecipeDialog line="caps-1" zone="Asia/Shanghai" close={() => undefined} />
    </QueryClientProvider>,
  );
  return screen.findByText("Judges by cap-28@1");
}

const buttons = (name: string) => screen.getAllByRole<HTMLButtonElement>("button", { name });

it("each version says how far it has come, and only a signed one can be activated", async () => {
  await show();
  expect(screen.getAllByText("4,711 recorded parts judged again: 3 passes would be rejected, 2 rejects let through")).toHaveLength(2);
  expect(screen.getByText(/signed by Li Wei/)).toBeTruthy();
  expect(screen.getByText(/linesman recipe sign cap-28@3/)).toBeTruthy();
  expect(screen.getByText("Active on caps-1")).toBeTruthy();
  expect(screen.getByText("Schedule: cap-30 at 2026-11-24 19:00:00")).toBeTruthy();
  expect(buttons("Activate").map((b) => b.disabled)).toEqual([true, false]); // of 3 and 2; 1 judges
  expect(screen.getAllByRole<HTMLAnchorElement>("link").map((a) => a.getAttribute("href"))).toEqual(["/api/v1/recipes/cap-28/3/report", "/api/v1/recipes/cap-28/2/report"]);
});

it("an order shows its effect, wants a token, and says what was taken", async () => {
  await show();
  fireEvent.click(buttons("Activate")[1]!);
  expect(screen.getByText(/will judge by cap-28@2 instead of cap-28@1/)).toBeTruthy();
  expect(await screen.findByText(/limits.anomaly: 1 -> 0.9/)).toBeTruthy();
  expect(buttons("Do it")[0]!.disabled).toBe(true);
  fireEvent.change(screen.getByLabelText(/Your token/), { target: { value: " lm_1 " } });
  fireEvent.click(buttons("Do it")[0]!);
  await waitFor(() => expect(screen.getByText("Taken: the line changes over to cap-28@2.")).toBeTruthy());
  expect(orders.map((o) => [o.path, o.init?.body, (o.init?.headers as Record<string, string>)["Authorization"]])).toEqual([["/api/v1/recipes/cap-28/2/activate", '{"line":"caps-1"}', "Bearer lm_1"]]);
});

it("a refusal is shown in the appliance's words, and back leaves what judges now", async () => {
  refusal = 'user:o has not the right "recipe"';
  await show();
  fireEvent.click(buttons("Back to cap-28@2")[0]!);
  fireEvent.change(screen.getByLabelText(/Your token/), { target: { value: "lm_2" } });
  fireEvent.click(buttons("Do it")[0]!);
  expect((await screen.findByRole("alert")).textContent).toBe(refusal);
  expect(orders.map((o) => o.path)).toEqual(["/api/v1/recipes/cap-28/1/back"]);
  fireEvent.click(buttons("Cancel")[0]!);
  expect(screen.queryByRole("alert")).toBeNull();
});

it("an order may say the tick, and nothing that is no count", async () => {
  await show();
  fireEvent.click(buttons("Activate")[1]!);
  fireEvent.change(screen.getByLabelText(/Your token/), { target: { value: "lm_1" } });
  const tick = screen.getByLabelText(/From tick on/);
  expect(screen.getByText(/the belt is at 184000/)).toBeTruthy();
  for (const odd of ["soon", "1.5", "0"]) {
    fireEvent.change(tick, { target: { value: odd } });
    expect(buttons("Do it")[0]!.disabled).toBe(true);
  }
  fireEvent.change(tick, { target: { value: "184200" } });
  expect(screen.getByText(/instead of cap-28@1, from tick 184200 on/)).toBeTruthy();
  fireEvent.click(buttons("Do it")[0]!);
  await waitFor(() => expect(orders.map((o) => o.init?.body)).toEqual(['{"line":"caps-1","from_tick":{"epoch":0,"count":184200}}']));
});

it("a changeover that waits is shown with its tick, and can be taken back", async () => {
  shelf.lines[0]!.recipe = "cap-28@2";
  shelf.lines[0]!.waits = { recipe: "cap-28@2", from_tick: { epoch: 1, count: 184200 } };
  await show();
  expect(screen.getByText("Waits to change over to cap-28@2 at tick 184200; the belt is at 184000")).toBeTruthy();
  expect(screen.queryByText(/Made active is cap-28@2/)).toBeNull();
  refusal = "line caps-1: the changeover has begun";
  fireEvent.click(buttons("Take cap-28@2 back")[0]!);
  expect(screen.getByText(/will not change over to cap-28@2: it goes on by cap-28@1/)).toBeTruthy();
  expect(screen.queryByLabelText(/From tick on/)).toBeNull();
  fireEvent.change(screen.getByLabelText(/Your token/), { target: { value: "lm_1" } });
  fireEvent.click(buttons("Do it")[0]!);
  expect((await screen.findByRole("alert")).textContent).toBe(refusal);
  refusal = undefined;
  fireEvent.click(buttons("Do it")[0]!);
  expect(await screen.findByText("Taken back: no part is judged by cap-28@2, the line goes on by cap-28@1.")).toBeTruthy();
  expect(orders.map((o) => [o.init?.method, o.path, o.init?.body])).toEqual(Array(2).fill(["DELETE", "/api/v1/lines/caps-1/changeover?recipe=cap-28%402", undefined]));
});

it("what is made active and does not judge yet, and a shelf without a version", async () => {
  shelf.lines[0]!.recipe = "cap-28@2";
  shelf.lines[0]!.shadow = { recipe: "cap-28@3", model: "m", since: at, judged: 1200, skipped: 0, agreed: 1199, would_reject: 1, would_pass: 0 };
  shelf.recipes = [];
  await show();
  expect(screen.getByText(/Made active is cap-28@2; the line has not changed over/)).toBeTruthy();
  expect(screen.getByText(/Beside it cap-28@3: 1,200 parts/)).toBeTruthy();
  expect(screen.getByText(/No version is on the shelf/)).toBeTruthy();
});

const made = {
  line: "caps-1", model: "cap-28@9", model_sha256: "m", recipe: "cap-28@4", recipe_sha256: "r", was: "cap-28@8", was_sha256: "w", good_from: "kept passes",
  good: 1240, labelled: 6, labelled_passed: 5, missed_defects: 4, missed_defects_found: 3, defects: 2, defects_rejected: 2,
};
const tried = {
  line: "caps-1", model: "cap-28@9", model_sha256: "m", recipe: "cap-28@4", recipe_sha256: "r", to: at, verdicts: 10_000, judged: 9980, would_reject: 14, would_pass: 31, other: 0,
  unlabelled_passed: 7, defects_passed: 1, passes: 9500, price: 12, upper_95: 0.00196, report_sha256: "a", page_sha256: "b",
};

it("a candidate says from what it was taught, what it would change and its price, and what comes next", async () => {
  candidates = { candidates: [{ version: "20261126.023000", state: "draft", by: "learning", at, made, tried, report: true }], removed: { line: "caps-1", model: "", model_sha256: "", folder: "candidate-1", why: "three later ones wait" } };
  await show();
  await screen.findByText("20261126.023000");
  for (const text of [
    "Taught from 1,240 good parts, 6 of them labelled by people; lets 5 of 6 labelled good ones through; rejects 3 of 4 missed defects it was shown; rejects 2 of 2 labelled defects",
    "Of the last 9,980 parts judged again it would reject 14 that passed, and let 31 rejects through",
    "Price in false rejects: 12 of 9,500 passes, at most 0.20 % (95 %)",
    "1 labelled defects would pass: each is an escape",
    "7 of those it would let through nobody labelled: look at each in the report",
    "Next: linesman recipe test cap-28@4",
    "candidate-1 gave way: three later ones wait",
    "None of them judges until a person makes its recipe active.",
  ]) {
    expect(screen.getByText(text)).toBeTruthy();
  }
  expect(screen.getByRole<HTMLAnchorElement>("link", { name: "Report with pictures" }).getAttribute("href")).toBe("/api/v1/lines/caps-1/candidates/20261126.023000/report");
});

it("a candidate that was not tried says so and has no report; without any there is one sentence", async () => {
  candidates = { candidates: [{ version: "1", state: "signed", made, report: false }], failed: { line: "caps-1", recipe: "cap-28@1", step: "teach", through: 3, cause: "too few good parts" } };
  await show();
  expect(await screen.findByText(/not tried on recorded parts/)).toBeTruthy();
  expect(screen.getByText("The last one could not be made: too few good parts")).toBeTruthy();
  expect(screen.queryByRole("link", { name: "Report with pictures" })).toBeNull();
  cleanup();
  candidates = { candidates: [] };
  await show();
  expect(await screen.findByText(/None waits/)).toBeTruthy();
});
