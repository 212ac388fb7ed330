import type { EyeMeasure } from "../api/client";
import { share } from "./eyes";

/** A measure now on its way from the origin to the limit; the notch is the warning. */
export function EyeBar({ measure: m }: { measure: EyeMeasure }) {
  return (
    <svg className={`eye-bar is-${m.state}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden>
      <rect className="eye-track" width="100" height="8" />
      <rect className="eye-fill" width={Math.max(1, 100 * share(m))} height="8" />
      <path className="eye-notch" d={`M${(100 * m.warn_at) / m.limit} 0v8`} />
    </svg>
  );
}

const hour = 3_600_000;

/** The points of a trend over the last hour, the limit at top and bottom; a minute that is missing breaks the line. */
export function trendPath(m: EyeMeasure, now: number): string {
  let path = "";
  let before = 0;
  for (const p of m.trend) {
    const at = Date.parse(p.from) + 60_000;
    const x = 100 * (1 - (now - at) / hour);
    if (x < 0 || x > 101) continue;
    const y = 20 - 18 * Math.max(-1, Math.min(1, p.value / m.limit));
    const to = `${x.toFixed(1)} ${y.toFixed(1)}`;
    path += at - before > 90_000 ? `M${to}h0` : `L${to}`; // a minute alone is a dot
    before = at;
  }
  return path;
}

/** The last hour of a measure between its limits. now is the appliance's clock. */
export function EyeTrend({ measure: m, now, label }: { measure: EyeMeasure; now: number; label?: string }) {
  const warn = (18 * m.warn_at) / m.limit;
  const spoken = label ? { role: "img", "aria-label": label } : { "aria-hidden": true };
  return (
    <svg className={`eye-trend is-${m.state}`} viewBox="0 0 100 40" preserveAspectRatio="none" {...spoken}>
      <rect className="eye-ground" width="100" height="40" />
      <rect className="eye-room" y={20 - warn} width="100" height={2 * warn} />
      <path className="eye-zero" d="M0 20h100" />
      <path className="eye-limit" d="M0 2h100M0 38h100" />
      <path className="eye-line" d={trendPath(m, now)} />
    </svg>
  );
}
