import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState, type FormEvent } from "react";

import { setHeads, type WatchSpace } from "../api/client";
import { Panel } from "../components/Panel";
import { Sign } from "../components/Sign";
import { clock, count, date } from "../words/figures";
import { useWords } from "../words/Language";

/** Says what setting a count would do before it is done, and does it with a token. */
export function SetHeads({ space, close }: { space: WatchSpace; close: () => void }) {
  const { t, code, told } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [people, setPeople] = useState(String(space.now));
  const [token, setToken] = useState("");
  useEffect(() => dialog.current?.showModal(), []);
  const n = /^\d{1,6}$/.test(people) ? Number(people) : undefined;
  const order = useMutation({ mutationFn: () => setHeads(space.space, n ?? 0, token.trim()) });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    order.mutate();
  };
  return (
    <dialog ref={dialog} className="acting" onClose={close} aria-label={t.watch.setTitle(space.space)}>
      <h2>{t.watch.setTitle(space.space)}</h2>
      {order.isSuccess ? (
        <div className="order" role="status">
          <p className="order-effect">{t.watch.setDone(space.space, String(n ?? 0))}{" "}
            {order.data.set.unknown ? t.watch.setKnown : t.watch.setOff(order.data.set.off ?? 0, count(Math.abs(order.data.set.off ?? 0), code))}</p>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {t.close}
          </button>
        </div>
      ) : (
        <form className="order" onSubmit={submit}>
          <label className="order-token">
            {t.watch.setPeople}
            <input type="number" inputMode="numeric" min={0} max={100_000} value={people} onChange={(e) => setPeople(e.target.value)} />
          </label>
          <p className="order-effect">{t.watch.setEffect(space.space, howMany(space, code), n === undefined ? "–" : count(n, code))}</p>
          <label className="order-token">
            {t.token}
            <input type="password" autoComplete="off" value={token} onChange={(e) => setToken(e.target.value)} />
            <span>{t.watch.setNote}</span>
          </label>
          {order.isError && (
            <p className="order-refused" role="alert">
              {told(order.error.message)}
            </p>
          )}
          <div className="order-acts">
            <button type="submit" className="button" disabled={n === undefined || !token.trim() || order.isPending}>
              {t.confirm}
            </button>
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              {t.cancel}
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}

/** A count as it is said: where nobody can tell, the fewest there can be. */
const howMany = (space: WatchSpace, code: Parameters<typeof count>[1]) => (space.unknown ? `≥ ${count(space.now, code)}` : count(space.now, code));

/** How many are in each closed space. */
export function Spaces({ spaces, zone }: { spaces: WatchSpace[]; zone: string }) {
  const { t, code } = useWords();
  const [open, setOpen] = useState<string>();
  const setting = spaces.find((s) => s.space === open);
  return (
    <Panel title={t.watch.heads} area="heads" abnormal={spaces.some((s) => s.short > 0 || s.unknown) ? "medium" : undefined}>
      {spaces.length === 0 && <p className="nothing">{t.watch.noHeads}</p>}
      <ul className="spaces">
        {spaces.map((s) => (
          <li key={s.space}>
            <p className="space-now">
              {howMany(s, code)}
              <span>{s.space}</span>
            </p>
            <p className="space-facts">
              {t.watch.moves(count(s.in, code), count(s.out, code))}
              <br />
              {s.since ? t.watch.headsSince(`${date(s.since, zone)} ${clock(s.since, zone)}`) : t.watch.headsNever}
            </p>
            <button type="button" className="button" onClick={() => setOpen(s.space)}>
              {t.watch.setTo}
            </button>
            {s.unknown && (
              <p className="space-doubt">
                <Sign meaning="medium" size={22} />
                {t.watch.headsUnknown(s.unknown)}
              </p>
            )}
            {s.short > 0 && (
              <p className="space-doubt">
                <Sign meaning="medium" size={22} />
                {t.watch.headsShort(count(s.short, code))}
              </p>
            )}
          </li>
        ))}
      </ul>
      {setting && <SetHeads space={setting} close={() => setOpen(undefined)} />}
    </Panel>
  );
}
