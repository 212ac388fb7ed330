import type { Reason } from "../api/client";
import { useWords } from "../words/Language";
import { quantity, remark, subject } from "./words";

/** How far along a bar of twice the limit a value lies, 0 to 1. */
export function along(measured: number, limit: number): number {
  if (limit <= 0 || !Number.isFinite(measured)) return measured > limit ? 1 : 0;
  return Math.min(1, Math.max(0, measured / (2 * limit)));
}

/** Why a part did not pass: each reason measured against its limit. */
export function Reasons({ reasons }: { reasons: Reason[] }) {
  const { t } = useWords();
  return (
    <ul className="reasons">
      {reasons.map((r, i) => {
        const plain = r.measured !== 0 || r.limit !== 0;
        return (
          <li key={`${r.rule} ${i}`}>
            <p className="reason-title">
              <b>{subject(r, t)}</b> <span>{remark(r)}</span>
            </p>
            {plain && (
              <div className="reason-figures">
                <span>
                  {t.measured} <b>{quantity(r.measured, r.unit, t)}</b>
                </span>
                <svg className="bar" width="40" viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden>
                  <rect y="3" width="200" height="8" rx="2" className="bar-ground" />
                  <rect y="3" width={200 * along(r.measured, r.limit)} height="8" rx="2" className="bar-value" />
                  <rect x="99" width="2.5" height="14" className="bar-limit" />
                </svg>
                <span>
                  {t.limit} <b>{quantity(r.limit, r.unit, t)}</b>
                </span>
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
