import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { drillAlarms, fetchPhones } from "../api/client";
import { Sign } from "../components/Sign";
import { span } from "../words/figures";
import { useWords } from "../words/Language";
import { Act } from "./Act";
import { devicesOf, type DeviceHeard } from "./device";

/** One device with what was heard of it. */
function Device({ device: d, since }: { device: DeviceHeard; since: number }) {
  const { t, code } = useWords();
  const lost = d.page !== undefined && (d.page.silent || !d.page.connected);
  const never = d.answer === undefined;
  const level = lost ? "high" : never && d.kind === "push" ? "medium" : undefined;
  const gone = d.kind === "page" && !d.page;
  const ago = (seconds: number) => span(1000 * seconds + since, code);
  const kinds = { page: t.alarm.page, push: t.alarm.pushDevice, other: t.alarm.otherDevice };
  return (
    <li className={`phone${level ? ` is-${level}` : ""}`}>
      <Sign meaning={level ?? (gone ? "low" : "ok")} size={24} />
      <p>
        <b>
          {kinds[d.kind]} {d.name.slice(0, 8)}
        </b>
        {d.page && (
          <span>
            {d.page.connected ? t.alarm.connected : t.alarm.notConnected} · {d.page.silent ? t.alarm.silent(ago(d.page.heard_ago_s)) : t.alarm.heard(ago(d.page.heard_ago_s))}
          </span>
        )}
        {gone && <span>{t.alarm.notConnected}</span>}
        <span>
          {d.answer ? t.alarm.answered(ago(d.answer.ago_s), span(1000 * d.answer.after_s, code)) : t.alarm.never} {d.answer?.drill && t.alarm.answeredDrill}
        </span>
      </p>
    </li>
  );
}

/** Who can be reached by what, when each phone was last heard, and the drill that proves it. */
export function PhoneList({ token, setToken, now, open }: { token: string; setToken: (token: string) => void; now: number; open: (id: string) => void }) {
  const { t, told } = useWords();
  const [drilling, drill] = useState(false);
  const phones = useQuery({ queryKey: ["phones"], queryFn: () => fetchPhones(), refetchInterval: 3000 });
  if (!phones.data) {
    return (
      <p className="nothing" role="status">
        {phones.isError ? told(phones.error.message) : t.alarm.loading}
      </p>
    );
  }
  const since = Math.max(0, now - Date.parse(phones.data.now));
  return (
    <div className="phones">
      <div className="acts">
        <a className="button" href="/phone">
          {t.alarm.openPhone}
        </a>
        {!drilling && (
          <button type="button" className="button" onClick={() => drill(true)}>
            {t.alarm.runDrill}
          </button>
        )}
      </div>
      {drilling && (
        <Act
          acting={{
            title: t.alarm.runDrill,
            effect: t.alarm.drillEffect,
            act: async (_, by) => {
              const began = await drillAlarms(by);
              open(began.alarm);
            },
          }}
          token={token}
          setToken={setToken}
          close={() => drill(false)}
        />
      )}
      <h3>{t.alarm.people}</h3>
      <ul className="people">
        {phones.data.recipients.map((r) => {
          const own = phones.data.phones.filter((p) => p.recipient === r.recipient);
          return (
            <li key={r.recipient}>
              <p>
                <b>{r.name || r.recipient}</b> · {t.alarm.channels}: {r.channels.join(", ") || "–"} {r.push_devices.length > 0 && `· ${t.alarm.pushDevices(String(r.push_devices.length))}`}
              </p>
              <ul className="devices">
                {r.channels.includes("page") && own.length === 0 && (
                  <li className="phone is-medium">
                    <Sign meaning="medium" size={24} />
                    <p>
                      <b>{t.alarm.noPhone}</b> <span>{t.alarm.noPhoneWhat}</span>
                    </p>
                  </li>
                )}
                {devicesOf(r, own).map((d) => (
                  <Device key={`${d.kind} ${d.name}`} device={d} since={since} />
                ))}
              </ul>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
