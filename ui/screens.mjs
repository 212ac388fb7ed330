// Takes pictures of the page in a real browser against the canned plant:
//   npm run build && go build -o /tmp/canned ../api/apitest/canned && node screens.mjs /tmp/canned [folder] [scene...]
// or of an appliance that runs:
//   node screens.mjs http://127.0.0.1:8080 [folder] [running|part|eyes|chinese|safety|alarms|alarm|figures|phones|look|phone...]
// (of a site with safety cameras; PHONE_TOKEN is a token of somebody who is called)
// and fails where the page logs an error, breaks its content policy, asks any
// other host, or scrolls sideways.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const [canned, folder = "screens", ...wanted] = process.argv.slice(2);
if (!canned) throw new Error("usage: node screens.mjs CANNED|URL [FOLDER] [SCENE...]");
const real = canned.startsWith("http");
mkdirSync(folder, { recursive: true });

// Pages of the whole site: address, what to wait for, what to touch then.
const sitewide = {
  safety: ["/#safety", ".watch"],
  safetychinese: ["/#safety", ".watch"],
  alarms: ["/#alarms", ".alarms-main"],
  flood: ["/#alarms", ".alarm-row"],
  alarm: ["/#alarms", ".alarm-row", ".alarm-row"],
  acting: ["/#alarms", ".alarm-row", ".alarm-row", ".act-first"],
  figures: ["/#alarms", ".tabs", ".tabs button:nth-child(3)"],
  phones: ["/#alarms", ".tabs", ".tabs button:nth-child(4)"],
  look: ["/#alarms", ".tabs", ".tabs button:nth-child(5)"],
  lookchinese: ["/#alarms", ".tabs", ".tabs button:nth-child(5)"],
  phone: ["/phone", ".phone-page, .sign-in"],
  phonechinese: ["/phone", ".phone-page, .sign-in"],
};
const sizes = { panel: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const scenes = wanted.length ? wanted : real ? ["running", "part", "eyes", "origin", "chinese"] : ["running", "held", "camera", "plc", "ledger", "frozen", "stale", "stopped", "untaught", "drifted", "killed", "part", "eyes", "chinese", "safety", "safetychinese", "alarms", "alarm", "acting", "flood", "figures", "phones", "look", "lookchinese", "phone", "phonechinese"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
let faults = 0;
const fault = (text) => {
  faults++;
  console.error("FAULT", text);
};

/** Starts the plant and returns its address and a way to end it. */
async function plant(scene) {
  if (real) return { url: canned, end: async () => undefined };
  const own = { killed: "running", part: "running", chinese: "running", eyes: "drifted", origin: "drifted" };
  const child = spawn(canned, ["-scene", own[scene] ?? (sitewide[scene] && scene !== "flood" ? "safety" : scene)], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    child.stdout.once("data", (d) => resolve(String(d).trim()));
    child.once("exit", () => reject(new Error(`${canned} ended`)));
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return { url, end: async () => (child.kill("SIGINT"), ended) };
}

for (const scene of scenes) {
  const { url, end } = await plant(scene);
  const pages = [];
  for (const [name, viewport] of Object.entries(sizes)) {
    const context = await browser.newContext({ viewport, locale: scene.endsWith("chinese") ? "zh-CN" : "en-GB", deviceScaleFactor: name === "phone" ? 2 : 1, hasTouch: true });
    if (process.env.PHONE_TOKEN) await context.addInitScript((token) => localStorage.setItem("phone.token", token), process.env.PHONE_TOKEN);
    const page = await context.newPage();
    page.on("console", (m) => {
      const gone = scene === "killed" && /net::|Failed to load/.test(m.text());
      if (m.type() === "error" && !gone) fault(`${scene} ${name}: ${m.text()} ${m.location().url}`);
    });
    page.on("pageerror", (e) => fault(`${scene} ${name}: ${e.message}`));
    page.on("request", (r) => /^(blob|data):/.test(r.url()) || r.url().startsWith(url) || fault(`${scene} ${name} asks ${r.url()}`));
    const [path, wait, ...touches] = sitewide[scene] ?? ["", ".station"];
    await page.goto(url + path);
    await page.waitForSelector(wait);
    for (const touch of touches) await page.locator(touch).first().tap();
    pages.push([name, page]);
  }
  await new Promise((r) => setTimeout(r, scene === "running" || scene === "part" ? 3000 : 7000));
  if (scene === "killed") {
    await end();
    await new Promise((r) => setTimeout(r, 5000));
  }
  for (const [name, page] of pages) {
    if (scene === "part") {
      await page.locator(".reject", { has: page.locator('[aria-label="Fail"]') }).first().tap();
      await page.waitForSelector(".story tr:nth-child(6)");
      await page.waitForTimeout(800);
    }
    if (scene === "eyes" || scene === "origin") {
      await page.locator(".eyes-open").tap();
      await page.waitForSelector(".measure");
      if (scene === "origin") await page.locator(".eyes-view .button").first().tap();
      await page.waitForTimeout(800);
    }
    if (name === "phone") {
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      if (!["part", "eyes", "origin"].includes(scene)) await page.setViewportSize({ width: 390, height: tall });
      await page.waitForTimeout(600);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) fault(`${scene} ${name}: ${wide} px too wide`);
    const small = await page.$$eval("button, select, input, a.button", (all) => all.filter((b) => b.isConnected && b.getClientRects().length > 0 && b.getBoundingClientRect().height < 44).map((b) => b.textContent));
    if (small.length) fault(`${scene} ${name}: targets under 44 px: ${small.join(", ")}`);
    const veil = await page.locator(".panel-live .veil-text").allTextContents();
    console.log(scene, name, "·", (await page.locator(".alarm-title, .bar-words b, .link-title").allTextContents()).join(" | ") || "grey", veil.length ? `· picture: ${veil}` : "");
    await page.screenshot({ path: `${folder}/${scene}-${name}.png` });
    await page.context().close();
  }
  if (scene !== "killed") await end();
}
await browser.close();
process.exit(faults ? 1 : 0);
