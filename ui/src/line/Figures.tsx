import type { Line } from "../api/client";
import { count, measure, percent } from "../words/figures";
import { useWords } from "../words/Language";

function Figure({ name, value, unit, note }: { name: string; value: string; unit?: string; note: string }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>
        {value}
        {unit && <span className="figure-unit">{unit}</span>}
      </dd>
      <dd className="figure-note">{note}</dd>
    </div>
  );
}

/** The figures of the batch, to be read from three metres away. */
export function Figures({ line }: { line: Line }) {
  const { t, code } = useWords();
  const { pass, fail, inconclusive, late } = line.counts;
  const all = pass + fail + inconclusive;
  const whole = t.ofParts(count(all, code));
  return (
    <dl className="figures">
      <Figure name={t.yield} value={percent(pass, all)} unit={all ? "%" : ""} note={whole} />
      <Figure name={t.perMinute} value={count(line.parts_per_minute, code)} note={line.plc.running ? t.beltSpeed(measure(line.plc.speed_mm_s)) : t.beltStands} />
      <Figure name={t.rejected} value={count(fail, code)} note={whole} />
      <Figure name={t.inconclusive} value={count(inconclusive, code)} note={t.doubtNote(count(late, code))} />
      <Figure
        name={t.decision}
        value={line.decision.p99_ms ? measure(line.decision.p99_ms) : "–"}
        unit={line.decision.p99_ms ? "ms" : ""}
        note={t.decisionNote(measure(line.decision.p50_ms), measure(line.decision.max_ms))}
      />
    </dl>
  );
}
