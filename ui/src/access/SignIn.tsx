import { useState, type FormEvent } from "react";

import { useWords } from "../words/Language";
import { keepReading, readingToken } from "./reading";

/** Asks for the token by which this screen may read. refused is why the one it has does not do, in the appliance's words. */
export function SignIn({ refused, done }: { refused: string; done: () => void }) {
  const { t, code, speak } = useWords();
  const [token, setToken] = useState("");
  const submit = (e: FormEvent) => {
    e.preventDefault();
    keepReading(token.trim());
    done();
  };
  return (
    <main className="waiting">
      <h1>Linesman</h1>
      <form className="order screen-sign-in" onSubmit={submit}>
        <p className="order-effect">{t.reading.why}</p>
        <label className="order-token">
          {t.reading.token}
          <input type="password" autoComplete="off" value={token} onChange={(e) => setToken(e.target.value)} />
          <span>{t.reading.note}</span>
        </label>
        {readingToken() !== "" && (
          <p className="order-refused" role="alert">
            {refused}
          </p>
        )}
        <div className="order-acts">
          <button type="submit" className="button order-do" disabled={!token.trim()}>
            {t.reading.signIn}
          </button>
          <button type="button" className="button" lang={code === "zh" ? "en" : "zh-CN"} onClick={() => speak(code === "zh" ? "en" : "zh")}>
            {code === "zh" ? "English" : "中文"}
          </button>
        </div>
      </form>
    </main>
  );
}

/** Where this screen reads by a token: the way to forget it. */
export function SignOut() {
  const { t } = useWords();
  if (!readingToken()) return null;
  const leave = () => {
    keepReading("");
    window.location.reload(); // streams that are open were opened with it
  };
  return (
    <button type="button" className="button" onClick={leave}>
      {t.reading.signOut}
    </button>
  );
}
