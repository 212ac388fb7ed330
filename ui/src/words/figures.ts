import type { Code } from "./Language";

/** The largest number the appliance writes: it stands for "none" and "infinite". */
const boundless = 1e300;

/** A count with its thousands set apart. */
export const count = (n: number, code: Code) => new Intl.NumberFormat(code === "zh" ? "zh-CN" : "en-GB").format(Math.round(n));

/** A measured value with three significant digits, never in powers of ten. */
export function measure(n: number): string {
  if (!Number.isFinite(n) || Math.abs(n) >= boundless) return "∞";
  if (n === 0) return "0";
  const digits = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(n)))));
  return n.toFixed(digits);
}

/** A share in per cent, cut and never rounded up: 99.996 % must not read as 100 %. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return "–";
  return (Math.floor((part / whole) * 10_000) / 100).toFixed(2);
}

/** An upper bound in per cent, with two digits that count and never rounded down: 0.2022 % must not read as 0.20 %. */
export function bound(share: number): string {
  const percent = 100 * share;
  if (percent >= 100) return "100";
  const digits = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(percent))));
  const ten = 10 ** digits;
  return (Math.ceil(percent * ten - 1e-9) / ten).toFixed(digits);
}

/** A stretch of time as a person says it: "850 ms", "3.2 s", "4 min". */
export function span(ms: number, code: Code): string {
  const [milli, s, min, h] = code === "zh" ? ["毫秒", "秒", "分钟", "小时"] : ["ms", "s", "min", "h"];
  if (ms < 995) return `${Math.max(0, Math.round(ms / 10) * 10)} ${milli}`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} ${s}`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} ${s}`;
  if (ms < 7_200_000) return `${Math.floor(ms / 60_000)} ${min}`;
  return `${Math.floor(ms / 3_600_000)} ${h}`;
}

/** The time of day in the site's zone, with milliseconds where asked. */
export function clock(at: string | number | Date, zone: string, fraction = false): string {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
  if (fraction) options.fractionalSecondDigits = 3;
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(at));
}

/** The date in the site's zone: 2026-11-24. */
export function date(at: string | number | Date, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeZone: zone }).format(new Date(at));
}

/** How a zone stands to UTC: "GMT+8". */
export function offset(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(new Date(at));
  return parts.find((p) => p.type === "timeZoneName")?.value ?? zone;
}
