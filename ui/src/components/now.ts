import { useEffect, useState } from "react";

/** A monotonic clock in milliseconds that moves the page along by itself. */
export function useNow(everyMS = 500): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(performance.now()), everyMS);
    return () => window.clearInterval(timer);
  }, [everyMS]);
  return now;
}
