// For whoever is not signed in: how to get a link, or a key in its place. A link that did not work says why at the top.

import { useState } from "preact/hooks";

import { refusal, signIn } from "../lib/session.ts";
import { Trouble, useAction } from "../parts/action.tsx";
import { Snippet } from "../parts/copy.tsx";

export function SignIn() {
  return (
    <main class="narrow">
      <h1>Sign in to health-export</h1>
      {refusal.value && (
        <div class="problem" role="alert">
          <p><b>That link did not work.</b></p>
          <p>{refusal.value}</p>
        </div>
      )}
      <section class="card" aria-labelledby="by-link">
        <h2 id="by-link">With a link</h2>
        <p>There is no password. Run this on the server, and open the link that it prints:</p>
        <Snippet text="health-export setup" />
        <p class="muted small">
          A link works once, for 30 minutes, and this browser then stays signed in. In a family, the server's administrator creates yours in
          Settings → People.
        </p>
      </section>
      <section class="card" aria-labelledby="by-code">
        <h2 id="by-code">With a code or a key</h2>
        <ProofForm />
      </section>
    </main>
  );
}

function ProofForm() {
  const [proof, setProof] = useState("");
  const enter = useAction(async () => {
    refusal.value = "";
    await signIn(proof.startsWith("he_") ? { key: proof } : { code: proof });
  });
  const submit = (event: Event) => {
    event.preventDefault();
    void enter.act();
  };
  return (
    <form onSubmit={submit}>
      <label>
        10-character code from a link, or an API key
        <input name="proof" type="password" autocomplete="current-password" required value={proof} onInput={(event) => setProof(event.currentTarget.value.trim())} />
      </label>
      <Trouble action={enter} />
      <button type="submit" disabled={enter.busy}>Sign in</button>
    </form>
  );
}
