import "./phone.css";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { AlarmList } from "../alarm/AlarmList";
import { ordered } from "../alarm/state";
import { fetchPhones, fetchSite } from "../api/client";
import { useHash } from "../components/hash";
import { useNow } from "../components/now";
import { Sign } from "../components/Sign";
import { span } from "../words/figures";
import { useWords } from "../words/Language";
import { forgetTold } from "../worker/kept";
import { BigAlarm } from "./BigAlarm";
import { forget, keepToken, keptToken } from "./keep";
import { LinkState } from "./LinkState";
import { pushState, registered, subscribe, unsubscribe } from "./push";
import { choose } from "./shown";
import { SignIn } from "./SignIn";
import { oldAfter, usePhone } from "./usePhone";

/** Whether this phone is called while the page is closed, and the way to it. */
function PushState({ publicKey, token }: { publicKey: string | undefined; token: string }) {
  const { t, told } = useWords();
  const state = pushState(publicKey);
  const order = useMutation({
    mutationFn: async () => {
      if ((await Notification.requestPermission()) !== "granted") throw new Error(t.phone.pushDenied);
      await subscribe(publicKey ?? "", token);
    },
  });
  // The browser may have been given another address meanwhile: it is told at every start.
  const renewed = useQuery({ queryKey: ["push", publicKey, token], queryFn: () => subscribe(publicKey ?? "", token).then(() => true), enabled: state === "on", retry: false, staleTime: Infinity, refetchOnWindowFocus: false });
  const failed = order.isError ? told(order.error.message) : renewed.isError ? told(renewed.error.message) : undefined;
  if (state === "on" && !failed) {
    return (
      <p className="push">
        <Sign meaning="ok" size={22} />
        {renewed.isSuccess || order.isSuccess ? t.phone.pushOn : t.phone.connecting}
      </p>
    );
  }
  const why = { denied: t.phone.pushDenied, insecure: t.phone.pushInsecure, none: t.phone.pushNone, unable: t.phone.pushUnable } as Record<string, string>;
  return (
    <div className="push">
      <Sign meaning="medium" size={26} />
      {failed ? <p role="alert">{t.phone.pushFailed(failed)}</p> : why[state] && <p>{why[state]}</p>}
      {state === "ask" && (
        <button type="button" className="button" disabled={order.isPending} onClick={() => order.mutate()}>
          {t.phone.pushAsk}
        </button>
      )}
    </div>
  );
}

function SignedIn({ token, signOut }: { token: string; signOut: () => void }) {
  const { t, code, speak, told } = useWords();
  const { hash, go } = useHash();
  const phone = usePhone(token);
  const now = useNow(500);
  const site = useQuery({ queryKey: ["site", token], queryFn: () => fetchSite(token), refetchInterval: 60_000, retry: false });
  const reach = useQuery({ queryKey: ["phones", token], queryFn: () => fetchPhones(token), refetchInterval: 30_000, retry: false });
  const [leaving, leave] = useState(false);
  const mine = reach.data?.recipients.find((r) => r.mine);
  const wall = Date.now();
  const age = phone.at === undefined ? undefined : Math.max(0, wall - phone.at);
  const old = age === undefined || age > oldAfter;
  const shown = choose(phone.alarms, phone.notices, hash.alarm, phone.asOf);
  const others = ordered(phone.alarms ?? []);
  const zone = site.data?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <main className="phone-page">
      <LinkState link={phone.link} now={now} began={phone.began} />
      {shown ? (
        <BigAlarm key={shown.alarm?.id ?? shown.notice?.alarm} shown={shown} token={token} zone={zone} old={old} ageMS={age ?? 0} now={wall} />
      ) : (
        <p className="calm" role="status">
          {old ? `${t.phone.calmOld} ${age === undefined ? "" : t.phone.old(span(age, code))}` : t.phone.calm}
        </p>
      )}
      {others.length > 0 && (
        <section className={`panel others${old ? " is-old" : ""}`} aria-label={t.phone.others}>
          <header className="panel-head">
            <h2>{t.phone.others}</h2>
            {old && <span className="panel-aside">{t.phone.old(span(age ?? 0, code))}</span>}
          </header>
          <AlarmList alarms={others} now={wall} open={(id) => go({ alarm: id })} chosen={shown?.alarm?.id} zone={zone} />
        </section>
      )}
      <PushState publicKey={reach.data?.push_public_key} token={token} />
      {phone.refused && <p className="order-refused">{told(phone.refused)}</p>}
      <footer className="phone-foot">
        <p>
          {mine ? t.phone.of(mine.name || mine.recipient) : ""} {site.data ? `· ${site.data.site}` : ""}
        </p>
        <p>{t.phone.advice}</p>
        <div className="acts">
          <button type="button" className="button" lang={code === "zh" ? "en" : "zh-CN"} onClick={() => speak(code === "zh" ? "en" : "zh")}>
            {code === "zh" ? "English" : "中文"}
          </button>
          {!leaving && (
            <button type="button" className="button" onClick={() => leave(true)}>
              {t.phone.signOut}
            </button>
          )}
        </div>
        {leaving && (
          <div className="order">
            <p className="order-effect">{t.phone.signOutEffect}</p>
            <div className="order-acts">
              <button type="button" className="button order-do" onClick={signOut}>
                {t.phone.signOut}
              </button>
              <button type="button" className="button" onClick={() => leave(false)}>
                {t.cancel}
              </button>
            </div>
          </div>
        )}
      </footer>
    </main>
  );
}

/** The page of one person's phone. */
export function PhonePage() {
  const { t } = useWords();
  const [token, setToken] = useState(keptToken);
  useEffect(() => {
    void registered().catch(() => undefined); // without it the page works as long as it is open
  }, []);
  useEffect(() => {
    document.title = t.phone.title;
  }, [t]);
  if (!token) {
    return (
      <SignIn
        done={(given) => {
          keepToken(given);
          setToken(given);
        }}
      />
    );
  }
  const signOut = () => {
    void unsubscribe(token)
      .catch(() => undefined)
      .finally(() => {
        forget();
        void forgetTold();
        setToken("");
      });
  };
  return <SignedIn key={token} token={token} signOut={signOut} />;
}
