import { useState, type FormEvent } from "react";

import { useWords } from "../words/Language";

/** Asks for this phone's token, and says what that is and where it stays. */
export function SignIn({ done }: { done: (token: string) => void }) {
  const { t } = useWords();
  const [token, setToken] = useState("");
  const submit = (e: FormEvent) => {
    e.preventDefault();
    done(token.trim());
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <h2>{t.phone.signIn}</h2>
      <label>
        {t.phone.token}
        <input type="password" autoComplete="off" value={token} onChange={(e) => setToken(e.target.value)} />
      </label>
      <p>{t.phone.tokenWhy}</p>
      <button type="submit" className="button big-button" disabled={!token.trim()}>
        {t.phone.signIn}
      </button>
      <p>{t.phone.advice}</p>
    </form>
  );
}
