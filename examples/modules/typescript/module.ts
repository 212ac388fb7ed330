// Says when a lane has rejected N of its last M parts: example.rejects.v1.
// It is started with LINESMAN_URL and LINESMAN_TOKEN, and node runs it as it stands.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const { LINESMAN_URL: url, LINESMAN_TOKEN: token } = process.env;
const N = 3, M = 10; // rejects among the last parts of a lane
const name = "rejects", judged = "linesman.part.judged.v1", rejects = "example.rejects.v1";

type Verdict = { id: string; type: string; source: string; time: string; data: { line?: string; lane?: number; outcome?: string } };
type Page = { events: Verdict[]; next: string };

/** Asks until there is an answer: a broken connection, 429 and 5xx pass by. */
async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 5000)) {
    try {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      });
      if (answer.ok) return (await answer.json()) as T;
      if (answer.status !== 429 && answer.status < 500) {
        console.error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
        process.exit(1);
      }
      pause = Math.max(pause, 1000 * Number(answer.headers.get("Retry-After") ?? 0));
    } catch {
      // not reached, broken off, half an answer
    }
    await sleep(pause);
  }
}

/** A UUIDv7 that follows from the cause alone: found again, it is the same, and the log stores it once. */
function derived(cause: string): string {
  const h = createHash("sha256").update(name + cause).digest().subarray(0, 10);
  h[0] = 0x70 | (h[0]! & 0x0f);
  h[2] = 0x80 | (h[2]! & 0x3f);
  const u = cause.replaceAll("-", "").slice(0, 12) + h.toString("hex"); // begins with the millisecond of the cause
  return [u.slice(0, 8), u.slice(8, 12), u.slice(12, 16), u.slice(16, 20), u.slice(20)].join("-");
}

const lanes = new Map<string, boolean[]>();

/** Takes one verdict; returns what it causes. */
function judge(e: Verdict) {
  const { line, lane, outcome } = e.data;
  const last = [...(lanes.get(`${line}/${lane}`) ?? []), outcome !== "pass"].slice(-M);
  lanes.set(`${line}/${lane}`, last);
  const count = last.filter(Boolean).length;
  if (outcome === "pass" || count < N) return [];
  return [{
    specversion: "1.0", id: derived(e.id), type: rejects, source: e.source, time: e.time, subject: `lane ${lane}`,
    cause: e.id, severity: "medium", data: { line, lane, rejects: count, of: last.length },
  }];
}

// The lanes' memory is the log: begin a little before the cursor, so that what was seen before is known again.
// What is found again has the ids of the first time.
let after = Math.max(0, Number((await ask<{ seq: string }>("GET", `/cursors/${name}`)).seq) - 1000);
for (;;) {
  const page = await ask<Page>("GET", `/events?type=${judged}&after=${after}&limit=500&wait=30s`);
  const found = page.events.filter((e) => e.type === judged).flatMap(judge);
  if (found.length > 0) await ask("POST", "/events", found);
  if (page.next !== String(after)) { // the cursor moves behind what is done, never before
    after = Number(page.next);
    await ask("PUT", `/cursors/${name}`, { seq: page.next });
  }
}
