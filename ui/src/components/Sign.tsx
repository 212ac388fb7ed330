/** A shape for each meaning, so that nothing rests on colour alone. */
export type Meaning = "pass" | "fail" | "inconclusive" | "collateral" | "critical" | "high" | "medium" | "low" | "ok";

const shapes: Record<Meaning, React.ReactNode> = {
  pass: <circle cx="12" cy="12" r="5" className="sign-calm" />,
  ok: <path d="M5 12.5l4.5 4.5L19 7.5" className="sign-line" />,
  fail: (
    <>
      <rect x="2" y="2" width="20" height="20" rx="3" className="sign-fail" />
      <path d="M7.5 7.5l9 9m0-9l-9 9" className="sign-mark-light" />
    </>
  ),
  inconclusive: (
    <>
      <path d="M12 1l11 11-11 11L1 12z" className="sign-doubt" />
      <path d="M9.2 9.6a2.9 2.9 0 1 1 4 2.7c-.8.4-1.2.9-1.2 1.9M12 17.2v.1" className="sign-mark-dark" />
    </>
  ),
  collateral: <rect x="4" y="4" width="16" height="16" rx="3" className="sign-hollow" />,
  high: (
    <>
      <path d="M8 1.5h8L22.5 8v8L16 22.5H8L1.5 16V8z" className="sign-high" />
      <path d="M12 6.5v7M12 17.2v.1" className="sign-mark-high" />
    </>
  ),
  critical: (
    <>
      <path d="M8 1.5h8L22.5 8v8L16 22.5H8L1.5 16V8z" className="sign-high" />
      <path d="M8.5 6.5v7m0 3.7v.1M15.5 6.5v7m0 3.7v.1" className="sign-mark-high" />
    </>
  ),
  low: <path d="M12 2.5l9.5 9.5-9.5 9.5L2.5 12z" className="sign-hollow" />,
  medium: (
    <>
      <path d="M12 1.8L23 21.5H1z" className="sign-medium" />
      <path d="M12 8.5v6M12 18v.1" className="sign-mark-dark" />
    </>
  ),
};

export function Sign({ meaning, size = 24, label }: { meaning: Meaning; size?: number; label?: string }) {
  const spoken = label ? { role: "img", "aria-label": label } : { "aria-hidden": true };
  return (
    <svg className="sign" viewBox="0 0 24 24" width={size} height={size} {...spoken}>
      {shapes[meaning]}
    </svg>
  );
}
