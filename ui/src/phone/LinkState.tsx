import { Sign } from "../components/Sign";
import { span } from "../words/figures";
import { useWords } from "../words/Language";
import { deadAfter, type Link } from "./hold";

/** Whether alarms reach this page now: small while they do, large and red while they do not. */
export function LinkState({ link, now, began }: { link: Link; now: number; began: number }) {
  const { t, code, told } = useWords();
  const ago = link.heard === undefined ? undefined : Math.max(0, now - link.heard);
  if (link.open && ago !== undefined && ago < deadAfter) {
    return (
      <p className="link link-open" role="status">
        <Sign meaning="ok" size={22} />
        {t.phone.connected(span(ago, code))}
      </p>
    );
  }
  if (!link.refused && ago === undefined && now - began < 5000) {
    return (
      <p className="link" role="status">
        {t.phone.connecting}
      </p>
    );
  }
  return (
    <div className="link link-dead" role="alert">
      <Sign meaning="high" size={56} />
      <div>
        <p className="link-title">{t.phone.dead}</p>
        <p>{ago === undefined ? t.phone.deadNever : t.phone.deadWhat(span(ago, code))}</p>
        <p>{link.refused ? told(link.refused) : t.phone.trying}</p>
      </div>
    </div>
  );
}
