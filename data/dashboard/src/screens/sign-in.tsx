// For whoever is not signed in: how to get a link, or a key in its place.

import { useState } from "preact/hooks";

import { Problem } from "../lib/api.ts";
import { refusal, signIn } from "../lib/session.ts";

export function SignIn() {
  const [key, setKey] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await signIn(key.startsWith("he_") ? { key } : { code: key });
    } catch (fault) {
      refusal.value = fault instanceof Problem ? fault.message : String(fault);
    }
  };
  return (
    <main class="narrow">
      <h1>Sign in</h1>
      <p>Open the link that <code>health-export setup</code> prints on the server. It works once, for 30 minutes.</p>
      <form onSubmit={submit}>
        <label>
          Its code, or a key with the scope read
          <input name="proof" type="password" autocomplete="current-password" required value={key} onInput={(event) => setKey(event.currentTarget.value.trim())} />
        </label>
        <button type="submit">Sign in</button>
      </form>
      {refusal.value && <p class="problem" role="alert">{refusal.value}</p>}
    </main>
  );
}
