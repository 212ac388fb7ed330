import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { rejected, sample } from "../api/sample";
import { story } from "../event/story";
import { en, zh } from "../words/words";
import { account } from "./account";
import { LedgerTable } from "./LedgerTable";
import { Pair } from "./NearestStrip";
import { along } from "./Reasons";
import { RejectList } from "./RejectList";
import { figures, headline, remark, subject } from "./words";

afterEach(cleanup);

it("the account compares what the controller should have counted by now", () => {
  const { ledger } = sample().line;
  expect(account(ledger).map((r) => [r.key, r.ours, r.controllers, r.differs])).toEqual([
    ["frames", 1000, 1000, false], ["gate", 980, 980, false], ["passed", 990, 965, false], ["ejected", 10, 10, false],
  ]);
  expect(account({ ...ledger, at_gate: 979 })[1]?.differs).toBe(true);
  expect(account({ ...ledger, exited: 900 })[2]?.differs).toBe(true);
  expect(account({ ...ledger, lost: 2, at_gate: 978 })[1]?.differs).toBe(false);
});

it("a ledger says in words how it stands", () => {
  const { ledger } = sample().line;
  const { rerender } = render(<LedgerTable ledger={ledger} answered />);
  expect(screen.getByText("Balanced")).toBeTruthy();
  rerender(<LedgerTable ledger={ledger} answered={false} />);
  expect(screen.getByText("Controller silent")).toBeTruthy();
  rerender(<LedgerTable ledger={{ ...ledger, mismatch: "at the gate 981, expected 980" }} answered />);
  expect(screen.getByText("Does not balance")).toBeTruthy();
  expect(screen.getByText(/at the gate 981/)).toBeTruthy();
});

it("a reject shows what, how much, and opens", () => {
  const open = vi.fn();
  render(<RejectList line="caps-1" rejects={[rejected()]} zone="Asia/Shanghai" open={open} />);
  expect(screen.getByText("0.810 > 0.350 mm")).toBeTruthy();
  expect(screen.getByText("2.30")).toBeTruthy();
  expect(screen.getByText(/19:00:00/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: /0\.810/ }));
  expect(open).toHaveBeenCalledWith(rejected().part);
});

it("a part stands beside the good one it was compared with", () => {
  const nearest = { good: 3, name: "plate-7.png", kept: true, distance: 2.1, here: "aGVyZQ==", there: "dGhlcmU=" };
  const { rerender } = render(<Pair nearest={nearest} />);
  expect(screen.getAllByRole("img").map((i) => i.getAttribute("src"))).toEqual(["data:image/jpeg;base64,aGVyZQ==", "data:image/jpeg;base64,dGhlcmU="]);
  expect(screen.getByText(/plate-7\.png · distance 2\.10/)).toBeTruthy();
  rerender(<Pair nearest={{ good: 3, kept: false, distance: 2.1, here: "aGVyZQ==" }} />);
  expect(screen.getAllByRole("img")).toHaveLength(1);
  expect(screen.getByText(/not kept/)).toBeTruthy();
  expect(screen.getByText(/good part 3/)).toBeTruthy();
});

it("reasons without figures, below a limit, and none at all", () => {
  expect(figures({ rule: "view", measured: 0, limit: 0, text: "no frame" }, en)).toBe("");
  expect(figures({ rule: "size", measured: 59.1, limit: 60.4, unit: "mm²", text: "" }, en)).toBe("59.1 < 60.4 mm²");
  expect(figures({ rule: "anomaly", class: "texture", measured: 2.94, limit: 2.93, unit: "feature distance", text: "" }, en)).toBe("2.94 > 2.93");
  expect(headline(rejected({ reasons: [], outcome: "pass", collateral: true }), en)).toBe(en.collateral);
  expect(headline(rejected({ reasons: [], outcome: "inconclusive" }), en)).toBe("Inconclusive");
});

it("a doubt is named by its cause, and figures are not said twice", () => {
  const doubt = (text: string) => ({ rule: "doubt", measured: 0, limit: 0, text });
  expect(subject(doubt("late: judged 465 ms after exposure (at most 250)"), en)).toBe("Late");
  expect(subject(doubt("late: judged 465 ms after exposure (at most 250)"), zh)).toBe("超时");
  expect(subject(doubt("covered: a hand"), en)).toBe("covered");
  expect(subject(doubt("something for which nobody has a short word at all"), en)).toBe("Doubt");
  expect(remark(doubt("late: judged"))).toBe("late: judged");
  const print = { rule: "anomaly", class: "print", measured: 28.6, limit: 2.93, unit: "% contrast", text: "print 28.6 % contrast (limit 2.93 % contrast)" };
  expect(remark(print)).toBe("");
  expect(remark({ ...print, text: "outline leaves the good parts' range" })).toBe("outline leaves the good parts' range");
});

it("a bar ends at twice the limit", () => {
  expect([along(0.5, 1), along(5, 1), along(-1, 1), along(1, 0), along(Infinity, 1)]).toEqual([0.25, 1, 0, 1, 1]);
});

it("a part's story joins its verdict and what the controller saw, in order", () => {
  const event = (type: string, time: string, data: unknown) => ({ specversion: "1.0" as const, id: "1", source: "", type, time, datacontenttype: "application/json" as const, seq: "1", actor: "system", severity: "info" as const, data });
  const steps = story(rejected(), [
    event("linesman.part.confirmed.v1", "2026-11-24T11:00:04.610Z", { went: "exited" }),
    event("linesman.part.gated.v1", "2026-11-24T11:00:04.380Z", { result: "kept" }),
  ], en);
  expect(steps.map((s) => [s.name, s.after, s.bad])).toEqual([
    ["Exposure", 0, false], ["Judged", 40, false], ["Taken by controller", 48, false], ["Gate stayed in reject", 4380, false], ["Seen on the good side", 4610, true],
  ]);
});
