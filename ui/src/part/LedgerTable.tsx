import type { Ledger } from "../api/client";
import { Panel } from "../components/Panel";
import { Sign } from "../components/Sign";
import { count } from "../words/figures";
import { useWords } from "../words/Language";
import { account } from "./account";

/** The account of parts in two columns, counted by different hands. Without an answer the controller's column is old, and is shown so. */
export function LedgerTable({ ledger, answered }: { ledger: Ledger; answered: boolean }) {
  const { t, code } = useWords();
  const wrong = Boolean(ledger.mismatch);
  const extras = [
    [t.lost, ledger.lost],
    [t.unseen, ledger.unseen],
    [t.blind, ledger.blind],
    [t.collateralShort, ledger.collateral],
  ] as const;
  return (
    <Panel
      title={t.ledger}
      area="ledger"
      abnormal={wrong ? "high" : undefined}
      aside={
        <span className="panel-aside verdict-word">
          <Sign meaning={wrong ? "high" : answered ? "ok" : "medium"} size={20} />
          {wrong ? t.mismatch : answered ? t.balanced : t.oneSided}
        </span>
      }
    >
      <table className="ledger">
        <thead>
          <tr>
            <td />
            <th scope="col">{t.ours}</th>
            <th scope="col">{t.controllers}</th>
          </tr>
        </thead>
        <tbody>
          {account(ledger).map((r) => (
            <tr key={r.key} className={wrong && r.differs ? "is-high" : ""}>
              <th scope="row">{t.rows[r.key]}</th>
              <td>{count(r.ours, code)}</td>
              <td className={answered ? "" : "is-old"}>{count(r.controllers, code)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="ledger-note">
        {wrong ? ledger.mismatch : t.between(count(ledger.travelling, code), count(ledger.landing, code))}
        {extras.map(([name, n]) => n > 0 && <span key={name}> · {name} {count(n, code)}</span>)}
      </p>
    </Panel>
  );
}
