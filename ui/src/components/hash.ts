import { useCallback, useMemo, useSyncExternalStore } from "react";

/** What the address says after "#": which line is shown, and which part, list or page is open. */
export interface Hash {
  line?: string;
  part?: string;
  recipes?: boolean;
  eyes?: boolean;
  /** The page of the safety cameras. */
  safety?: boolean;
  /** The page of the alarms, and the one of them that is open. */
  alarms?: boolean;
  alarm?: string;
}

const names = ["line", "part", "alarm"] as const;
const flags = ["recipes", "eyes", "safety", "alarms"] as const;

export function read(text: string): Hash {
  const params = new URLSearchParams(text.replace(/^#/, ""));
  const out: Hash = {};
  for (const name of names) {
    const value = params.get(name);
    if (value) out[name] = value;
  }
  for (const flag of flags) if (params.has(flag)) out[flag] = true;
  return out;
}

export function write(to: Hash): string {
  const params = new URLSearchParams();
  for (const name of names) if (to[name]) params.set(name, to[name]);
  for (const flag of flags) if (to[flag]) params.set(flag, "");
  return params.toString();
}

function subscribe(changed: () => void) {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

/** The address as state, so that a page can be linked and Back closes a part. */
export function useHash() {
  const text = useSyncExternalStore(subscribe, () => window.location.hash);
  const hash = useMemo(() => read(text), [text]);
  const go = useCallback((to: Hash) => {
    window.location.hash = write(to);
  }, []);
  return { hash, go };
}
