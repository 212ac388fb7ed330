// A push in a real browser, from the alarm in the log to the receipts in the log:
//   make build && cd ui && node push.mjs ../bin/linesman
// An appliance runs with a camera that is not there, so that an alarm is raised.
// This program is the push service and the browser's half of RFC 8291: it gives
// the box a subscription, takes what the box posts, and decrypts it. What a
// push service would bring to the browser from there, the developer protocol
// does (ServiceWorker.deliverPushMessage): a headless Chromium reaches no push
// service. From there on all is real: the page's own worker shows the message
// and answers, and what it answered is read from the log. A touch on a
// notification is an event made in the worker, since nothing can touch one.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { chromium } from "playwright-core";

const linesman = process.argv[2];
if (!linesman) throw new Error("usage: node push.mjs PATH-OF-LINESMAN");
const slow = Number(process.env.SLOW ?? 1); // of a machine with other work
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");

const freePort = () => new Promise((done) => {
  const s = createSocket().listen(0, "127.0.0.1", () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});

/** Waits until it answers something, or fails by name. */
async function until(what, seconds, get) {
  const end = Date.now() + 1000 * seconds * slow;
  for (;;) {
    const got = await get().catch(() => undefined);
    if (got) return got;
    if (Date.now() > end) throw new Error(`not within ${seconds * slow} s: ${what}`);
    await new Promise((r) => setTimeout(r, 200));
  }
}

/** The browser's half of RFC 8291, aes128gcm of one record (RFC 8188). */
const device = createECDH("prime256v1");
device.generateKeys();
const auth = randomBytes(16);
function decrypt(body) {
  const salt = body.subarray(0, 16);
  const size = body[20];
  const sender = body.subarray(21, 21 + size);
  const sealed = body.subarray(21 + size);
  const key = (secret, salt, info, n) => Buffer.from(hkdfSync("sha256", secret, salt, info, n));
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), device.getPublicKey(), sender]);
  const shared = key(device.computeSecret(sender), auth, info, 32);
  const open = createDecipheriv("aes-128-gcm", key(shared, salt, "Content-Encoding: aes128gcm\0", 16), key(shared, salt, "Content-Encoding: nonce\0", 12));
  open.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString(); // the last record's delimiter
}

const pushed = [];
const service = createServer((request, answer) => {
  const parts = [];
  request.on("data", (d) => parts.push(d));
  request.on("end", () => {
    pushed.push(decrypt(Buffer.concat(parts)));
    answer.writeHead(201).end();
  });
});
await new Promise((r) => service.listen(0, "127.0.0.1", r));
const servicePort = service.address().port;

const dir = mkdtempSync(join(tmpdir(), "push-"));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const site = join(dir, "site.yaml");
writeFileSync(site, `site: push
listen: 127.0.0.1:${port}
cameras:
  yard: {driver: rtsp, url: "rtsp://127.0.0.1:${await freePort()}/none", fps: 1}
watches: {yard: {}}
rules: rules.yaml
alarms:
  link: ${url}
  channels: {push: {driver: webpush, contact: a@plant.example, push_hosts: ["127.0.0.1:${servicePort}"]}}
  people: {li: {reach: {push: ""}, sign_in: [phone-li]}}
  rosters: [{name: all, duty: [{who: [li]}], steps: [{by: [push], within: 10m}]}]
`);
writeFileSync(join(dir, "rules.yaml"), `rules: [{name: camera sees nothing, when: camera.down, for: ${Math.ceil(20 * slow)}s, severity: high, say: Go to the camera.}]\n`);
const token = execFileSync(linesman, ["token", "add", "phone-li", "-c", site, "--append", "linesman.alarm.*", "--read", "*"], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
const box = spawn(linesman, ["run", "-c", site], { stdio: ["ignore", "ignore", "pipe"] });
let said = "";
box.stderr.on("data", (d) => (said += d));
const ended = new Promise((r) => box.once("exit", r));
const ask = async (path, body) => {
  const answer = await fetch(url + path, { method: body ? "POST" : "GET", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};
let browser;
try {
  await until("the appliance answers", 60, () => ask("/api/v1/status"));
  await ask("/api/v1/push/subscriptions", { endpoint: `http://127.0.0.1:${servicePort}/li`, keys: { p256dh: b64(device.getPublicKey()), auth: b64(auth) } });

  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, permissions: ["notifications"] });
  await context.addInitScript((t) => localStorage.setItem("phone.token", t), token);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000 * slow);
  const protocol = await context.newCDPSession(page);
  let registration;
  protocol.on("ServiceWorker.workerRegistrationUpdated", (e) => (registration = e.registrations.find((r) => r.scopeURL === `${url}/phone`)?.registrationId ?? registration));
  await protocol.send("ServiceWorker.enable");
  await page.goto(`${url}/phone`);
  await page.waitForSelector(".phone-page");
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker", { timeout: 60_000 * slow }));
  await until("the worker is active", 30, async () => registration && (await worker.evaluate(() => self.registration.active?.state === "activated")));

  const message = await until("the box pushes", 90, async () => pushed[0]);
  const told = JSON.parse(message);
  const steps = async () => (await ask(`/api/v1/alarms/${told.alarm}`)).deliveries.find((d) => d.id === told.id);
  const before = await steps();
  if (before.received) throw new Error("it is received before any browser had it");
  const deliver = () => protocol.send("ServiceWorker.deliverPushMessage", { origin: url, registrationId: registration, data: message });
  await deliver();
  const received = await until("received is in the log", 20, async () => (await steps()).received);
  const shown = await worker.evaluate(async () => (await self.registration.getNotifications()).map((n) => `${n.title} / ${n.body}`));
  if (shown.length !== 1 || !shown[0].includes(told.title)) throw new Error(`notifications shown: ${JSON.stringify(shown)}`);
  const touch = (action) => worker.evaluate(async (action) => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
  }, action);
  await touch(""); // it opens the alarm in the page, and is closed
  const opened = await until("opened is in the log", 20, async () => (await steps()).opened);
  await page.waitForSelector(`.big h2:has-text("${told.text}")`);
  await deliver(); // it comes again, as after a receipt that was lost
  await until("it is shown again", 20, () => worker.evaluate(async () => (await self.registration.getNotifications()).length === 1));
  await touch("acknowledge");
  const acknowledged = await until("acknowledged is in the log", 20, async () => (await steps()).acknowledged);
  const alarm = (await ask(`/api/v1/alarms/${told.alarm}`)).alarm;
  if (alarm.state !== "acknowledged" || alarm.acknowledged.by !== "recipient:li" || alarm.acknowledged.channel !== "push") throw new Error(`the alarm is ${JSON.stringify(alarm)}`);
  const of = (at) => `${((Date.parse(at) - Date.parse(before.pending)) / 1000).toFixed(2)} s`;
  console.log(`pending -> sent ${of(before.sent)}, received ${of(received)}, opened ${of(opened)}, acknowledged ${of(acknowledged)} by ${alarm.acknowledged.by}; shown: ${shown[0]}`);
} catch (e) {
  console.error(said.split("\n").slice(-15).join("\n"));
  throw e;
} finally {
  await browser?.close();
  box.kill("SIGINT");
  await ended;
  service.close();
  rmSync(dir, { recursive: true, force: true });
}
