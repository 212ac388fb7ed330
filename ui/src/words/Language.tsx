import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

import { sentence } from "./sentences";
import { en, zh, type Words } from "./words";

export type Code = "en" | "zh";

/** The language of a first visit: what the browser asks for first. */
export function preferred(stored: string | null, wanted: readonly string[]): Code {
  if (stored === "en" || stored === "zh") return stored;
  for (const w of wanted) {
    if (w.toLowerCase().startsWith("zh")) return "zh";
    if (w.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

interface Spoken {
  code: Code;
  t: Words;
  /** What the box says, in the language that is spoken here. */
  told: (text: string) => string;
  speak: (code: Code) => void;
}

const Context = createContext<Spoken>({ code: "en", t: en, told: (text) => text, speak: () => undefined });

export function Language({ children }: { children: ReactNode }) {
  const [code, speak] = useState<Code>(() => preferred(window.localStorage.getItem("language"), navigator.languages));
  useEffect(() => {
    document.documentElement.lang = code === "zh" ? "zh-CN" : "en";
    window.localStorage.setItem("language", code);
  }, [code]);
  const spoken = useMemo(() => ({ code, t: code === "zh" ? zh : en, told: (text: string) => sentence(text, code), speak }), [code]);
  return <Context.Provider value={spoken}>{children}</Context.Provider>;
}

export function useWords(): Spoken {
  return useContext(Context);
}
