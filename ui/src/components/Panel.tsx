import type { ReactNode } from "react";

/** One framed area of the page. `abnormal` gives its frame a colour. */
export function Panel(p: { title: string; area: string; aside?: ReactNode; abnormal?: "high" | "medium" | undefined; children: ReactNode }) {
  return (
    <section className={`panel panel-${p.area}${p.abnormal ? ` is-${p.abnormal}` : ""}`} aria-label={p.title}>
      <header className="panel-head">
        <h2>{p.title}</h2>
        {p.aside}
      </header>
      {p.children}
    </section>
  );
}
