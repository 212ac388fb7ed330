import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { useKept } from "../api/kept";
import { listen, type Received } from "../api/stream";
import { App } from "../App";
import { keepReading, readingToken } from "./reading";

beforeEach(() => window.localStorage.clear());
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const problem = (status: number, detail: string) => new Response(JSON.stringify({ detail }), { status });
const bearer = (init?: RequestInit) => new Headers(init?.headers).get("Authorization");

it("asks for a token where reading wants one, and reads with it", async () => {
  const asked: [string, string | null][] = [];
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    asked.push([path, bearer(init)]);
    if (bearer(init) !== "Bearer lm_right") return problem(401, bearer(init) ? "this token is not known" : "this needs a token");
    if (path === "/api/v1/status") return new Response(JSON.stringify({ site: "demo", zone: "UTC", lines: [], version: "" }));
    return problem(404, "none");
  });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <App />
    </QueryClientProvider>,
  );
  const token = await screen.findByLabelText(/Token of this screen/);
  expect(screen.queryByRole("alert")).toBeNull(); // nobody was refused yet
  fireEvent.change(token, { target: { value: "lm_wrong" } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect((await screen.findByRole("alert")).textContent).toBe("this token is not known");
  fireEvent.change(screen.getByLabelText(/Token of this screen/), { target: { value: " lm_right " } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
  await screen.findByText("demo");
  expect(readingToken()).toBe("lm_right");
  await waitFor(() => expect(asked).toContainEqual(["/api/v1/watches", "Bearer lm_right"]));
});

it("a stream is read with the token, and begun anew when it ends", async () => {
  keepReading("lm_right");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const sent: (string | null)[] = [];
  vi.stubGlobal("fetch", async (_: string, init?: RequestInit) => {
    sent.push(bearer(init));
    return new Response(`event: state\ndata: {"now":"2026-11-24T11:00:0${sent.length}Z"}\n\nevent: other\ndata: {}\n\n`);
  });
  const got: string[] = [];
  const stop = listen("/api/v1/watches/live", { state: (r: Received<unknown>) => got.push((r.value as { now: string }).now) });
  await vi.waitFor(() => expect(got).toEqual(["2026-11-24T11:00:01Z"]));
  await vi.advanceTimersByTimeAsync(2000);
  await vi.waitFor(() => expect(got).toHaveLength(2));
  stop();
  await vi.advanceTimersByTimeAsync(10_000);
  vi.useRealTimers();
  expect(sent).toEqual(["Bearer lm_right", "Bearer lm_right"]);
});

it("a picture is fetched with the token; without one its address does", async () => {
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => (bearer(init) === "Bearer lm_right" && path === "/api/v1/evidence/a" ? new Response("jpeg") : problem(401, "no")));
  const [made, given] = [vi.fn(() => "blob:1"), vi.fn()];
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: made, revokeObjectURL: given }));
  const Shown = ({ path }: { path: string }) => <p>{useKept(path) ?? "coming"}</p>;
  const open = render(<Shown path="/api/v1/evidence/a" />);
  expect(open.container.textContent).toBe("/api/v1/evidence/a");
  open.unmount();
  keepReading("lm_right");
  const page = render(<Shown path="/api/v1/evidence/a" />);
  expect(page.container.textContent).toBe("coming");
  await waitFor(() => expect(page.container.textContent).toBe("blob:1"));
  page.rerender(<Shown path="/api/v1/evidence/b" />);
  expect(page.container.textContent).toBe("coming");
  expect(given).toHaveBeenCalledWith("blob:1");
  await waitFor(() => expect(page.container.textContent).toBe(""));
});
