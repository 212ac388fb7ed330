// rejects: says when three of the last ten parts of a lane were rejected.
//
// A Linesman module in Node's own TypeScript, without packages; docs/modules.md
// walks through it. All that it remembers can be read again from the log, so it
// may be killed at any time: what it says twice has one id, and is stored once.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

type Event = { id: string; seq: string; source: string; subject?: string; time: string; data: { lane?: number; outcome?: string } };

const url = (process.env.LINESMAN_URL ?? "").replace(/\/$/, "");
const headers = { authorization: `Bearer ${process.env.LINESMAN_TOKEN}`, "content-type": "application/json" };
const [reads, writes, cursor] = ["linesman.part.judged.v1", "example.rejects.v1", "/api/v1/cursors/rejects"];
const [limit, among] = [3, 10];
const recent: { lane: string; rejected: boolean }[] = []; // of the last 500 parts, all lanes together
let pause = 200; // ms to the next try

/** Waits longer each time, up to ten seconds. */
async function backOff() {
  await sleep(pause * (0.5 + Math.random() / 2));
  pause = Math.min(2 * pause, 10_000);
}

/** Asks until the appliance answers; ends the module where asking again would not help. */
async function call(path: string, init: RequestInit = {}): Promise<Response> {
  for (; ; await backOff()) {
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(30_000), ...init, headers }).catch(() => undefined);
    if (answer?.ok) return (pause = 200, answer);
    if (answer && answer.status !== 429 && answer.status < 500) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
}

/** The id of our answer to an event: a UUIDv7 as old as its cause, the rest drawn from it. */
function name(cause: string): string {
  const h = createHash("sha256").update(`${writes} ${cause}`).digest("hex");
  return `${cause.slice(0, 14)}7${h.slice(0, 3)}-${"89ab"[parseInt(h[3], 16) % 4]}${h.slice(4, 7)}-${h.slice(7, 19)}`;
}

/** Takes a part to heart; returns what is to be said about it, if anything. */
function look(e: Event) {
  const lane = `${e.source} ${e.data.lane}`;
  if (recent.push({ lane, rejected: e.data.outcome !== "pass" }) > 500) recent.shift(); // what is not known is no pass
  const last = recent.filter((p) => p.lane === lane).slice(-among - 1);
  const rejects = last.slice(-among).filter((p) => p.rejected).length;
  const before = last.slice(0, -1).slice(-among).filter((p) => p.rejected).length;
  if (rejects < limit || before >= limit) return; // too few, or it was said already
  return { specversion: "1.0", id: name(e.id), cause: e.id, type: writes, time: e.time, source: e.source,
    subject: e.subject ?? "", severity: "medium", data: { lane: e.data.lane, rejects, among: Math.min(last.length, among) } };
}

let done = (await (await call(cursor)).json()).seq as string;
const before = await (await call(`/api/v1/events?type=${reads}&before=${BigInt(done) + 1n}&newest=true&limit=500`)).json();
for (const e of before.events.reverse()) look(e); // was answered before we were stopped

for (let moved = 0; ; await backOff()) {
  const quiet = new AbortController(); // the stream says something every ten seconds
  try {
    const stream = await call(`/api/v1/events/stream?type=${reads}&after=${done}`, { signal: quiet.signal });
    const silence = setTimeout(() => quiet.abort(), 30_000);
    let text = "";
    for await (const piece of stream.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      silence.refresh();
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
        const message = text.slice(0, end);
        if (!/^event: event$/m.test(message)) continue; // a comment, or a kind that is not known
        const e: Event = JSON.parse(/^data: (.*)$/m.exec(message)![1]);
        const said = look(e);
        if (said) await call("/api/v1/events", { method: "POST", body: JSON.stringify(said) });
        done = e.seq; // only now: what was not stored is read again
        if (!said && Date.now() - moved < 1000) continue; // once a second is enough
        await call(cursor, { method: "PUT", body: JSON.stringify({ seq: done }) });
        moved = Date.now();
      }
    }
  } catch (err) {
    if (err instanceof Error && /: 4\d\d /.test(err.message)) throw err; // asking again would not help
  }
}
