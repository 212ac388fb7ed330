import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import type { Sample, Verdict } from "../api/client";
import { rejected } from "../api/sample";
import { RejectList } from "./RejectList";
import { PartSaid } from "./PartSaid";
import { classesKnown, sayable } from "./said";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const said = (change: Partial<Sample> = {}): Sample => ({
  part: rejected().part, line: "caps-1", label: "false reject", outcome: "fail", recipe: "cap-28@3", model: "cap@1", pictures_sha256: [], by: "user:li", at: "2026-11-24T11:05:00Z", seq: "9", ...change,
});

function show(verdict: Verdict, label?: Sample, answer: () => Response = () => Response.json(said())) {
  const asked: { path: string; method: string; token: string | null; body: unknown }[] = [];
  vi.stubGlobal("fetch", (path: string, r: RequestInit) => {
    if (r.body) asked.push({ path, method: r.method ?? "GET", token: new Headers(r.headers).get("Authorization"), body: JSON.parse(String(r.body)) });
    return Promise.resolve(r.body ? answer() : Response.json({ samples: [said({ label: "missed defect", class: "scratch" })], counts: {}, learnable: {} }));
  });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <PartSaid verdict={verdict} rejects={[]} label={label} zone="UTC" />
    </QueryClientProvider>,
  );
  return asked;
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const type = (name: RegExp, value: string) => fireEvent.change(screen.getByLabelText(name), { target: { value } });
const can = (name: string) => !screen.getByRole<HTMLButtonElement>("button", { name }).disabled;

it("what can be said goes by the verdict, and only what stands is taken back", () => {
  expect(sayable("pass")).toEqual(["missed defect", "good"]);
  expect(sayable("fail")).toEqual(["false reject", "defect"]);
  expect(sayable("inconclusive", "defect")).toEqual(["false reject", "defect", "none"]);
});

it("classes that people named come first, each once, none too long", () => {
  expect(classesKnown([said({ class: "scratch" }), said({ class: "stain" }), said({ class: "x".repeat(41) })], [rejected(), rejected()])).toEqual(["stain", "scratch", "chip"]);
});

it("a false reject is said with a token and no class", async () => {
  const asked = show(rejected());
  press("Good part: false reject");
  expect(can("Good part: false reject")).toBe(false);
  type(/Your token/, "lm_x");
  press("Good part: false reject");
  await waitFor(() => expect(asked).toEqual([{ path: `/api/v1/parts/${rejected().part}/label`, method: "POST", token: "Bearer lm_x", body: { label: "false reject" } }]));
});

it("a missed defect is not said before it has a class", async () => {
  const asked = show(rejected({ outcome: "pass", reasons: [] }));
  press("Missed defect");
  type(/Your token/, "lm_x");
  expect(can("Missed defect")).toBe(false);
  fireEvent.click(await screen.findByRole("button", { name: "scratch" }));
  press("Missed defect");
  await waitFor(() => expect(asked.map((a) => a.body)).toEqual([{ label: "missed defect", class: "scratch" }]));
});

it("a defect of a reject takes a typed class, and the refusal is shown in the appliance's words", async () => {
  const asked = show(rejected(), undefined, () => Response.json({ detail: "user:wang lacks the right \"recipe\"" }, { status: 403 }));
  press("Really defective");
  type(/Another name/, " hair ");
  type(/Your token/, "lm_x");
  press("Really defective");
  expect((await screen.findByRole("alert")).textContent).toMatch(/lacks the right/);
  expect(asked.map((a) => a.body)).toEqual([{ label: "defect", class: "hair" }]);
});

it("what stands is shown with who said it, and can be taken back", async () => {
  const asked = show(rejected(), said({ note: "only dust" }));
  expect(screen.getByText(/Good part: false reject, said by user:li/)).toBeTruthy();
  expect(screen.getByText("only dust")).toBeTruthy();
  press("Take back");
  type(/Your token/, "lm_x");
  press("Take back");
  await waitFor(() => expect(asked.map((a) => a.body)).toEqual([{ label: "none" }]));
});

it("passes with a picture are listed when asked for, and open", async () => {
  const passed = rejected({ outcome: "pass", reasons: [], seq: "12" });
  vi.stubGlobal("fetch", (path: string) => Promise.resolve(Response.json(path.endsWith("/lines/caps-1/passes?limit=24") ? { passes: [passed] } : {})));
  const open = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RejectList line="caps-1" rejects={[]} zone="UTC" open={open} />
    </QueryClientProvider>,
  );
  expect(screen.getByText("No rejects yet")).toBeTruthy();
  press("Passed");
  fireEvent.click(await screen.findByRole("button", { name: /11:00:00/ }));
  expect(open).toHaveBeenCalledWith(passed.part);
});
