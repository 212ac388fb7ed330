import type { LogEvent, Verdict } from "../api/client";
import { clock, span } from "../words/figures";
import { useWords } from "../words/Language";
import { story } from "./story";

/** A part's life as a list of moments. */
export function Story({ verdict, events, zone }: { verdict: Verdict; events: LogEvent[]; zone: string }) {
  const { t, code } = useWords();
  return (
    <table className="story">
      <tbody>
        {story(verdict, events, t).map((s) => (
          <tr key={`${s.name} ${s.at}`} className={s.bad ? "is-high" : ""}>
            <th scope="row">{s.name}</th>
            <td>{clock(s.at, zone, true)}</td>
            <td>{s.after > 0 ? `+${s.after < 1000 ? `${s.after} ms` : span(s.after, code)}` : ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
