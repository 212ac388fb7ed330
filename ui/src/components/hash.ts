import { useCallback, useMemo, useSyncExternalStore } from "react";

/** What the address says after "#": which line is shown, and which part or list is open. */
export interface Hash {
  line?: string;
  part?: string;
  recipes?: boolean;
  eyes?: boolean;
}

function read(text: string): Hash {
  const params = new URLSearchParams(text.replace(/^#/, ""));
  const out: Hash = {};
  const line = params.get("line");
  const part = params.get("part");
  if (line) out.line = line;
  if (part) out.part = part;
  if (params.has("recipes")) out.recipes = true;
  if (params.has("eyes")) out.eyes = true;
  return out;
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
    const params = new URLSearchParams();
    if (to.line) params.set("line", to.line);
    if (to.part) params.set("part", to.part);
    if (to.recipes) params.set("recipes", "");
    if (to.eyes) params.set("eyes", "");
    window.location.hash = params.toString();
  }, []);
  return { hash, go };
}
