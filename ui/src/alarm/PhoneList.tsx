import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { drillAlarms, fetchPhones } from "../api/client";
import { Sign } from "../components/Sign";
import { span } from "../words/figures";
import { useWords } from "../words/Language";
import { Act } from "./Act";

/** Who can be reached by what, when each phone was last heard, and the drill that proves it. */
export function PhoneList({ token, setToken, now, open }: { token: string; setToken: (token: string) => void; now: number; open: (id: string) => void }) {
  const { t, code } = useWords();
  const [drilling, drill] = useState(false);
  const phones = useQuery({ queryKey: ["phones"], queryFn: () => fetchPhones(), refetchInterval: 3000 });
  if (!phones.data) {
    return (
      <p className="nothing" role="status">
        {phones.isError ? phones.error.message : t.alarm.loading}
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
              {r.channels.includes("page") && own.length === 0 && (
                <p className="phone is-medium">
                  <Sign meaning="medium" size={24} />
                  <b>{t.alarm.noPhone}</b> {t.alarm.noPhoneWhat}
                </p>
              )}
              {own.map((p) => {
                const ago = span(1000 * p.heard_ago_s + since, code);
                return (
                  <p key={p.device} className={`phone${p.silent || !p.connected ? " is-high" : ""}`}>
                    <Sign meaning={p.silent || !p.connected ? "high" : "ok"} size={24} />
                    <b>{p.connected ? t.alarm.connected : t.alarm.notConnected}</b> {p.silent ? t.alarm.silent(ago) : t.alarm.heard(ago)} <span>{p.device.slice(0, 8)}</span>
                  </p>
                );
              })}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
