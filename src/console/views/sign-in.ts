/** The pages of whoever is not signed in: a token is pasted, or a link is opened. */
import { type Html, html, LOGO, NONE } from '../html.ts';
import { shell } from './layout.ts';

export interface SignInPage {
  readonly now: Date;
  /** The reason why it comes again; null: it comes for the first time. */
  readonly error: string | null;
  /** The path that is wanted after the sign-in. */
  readonly next: string;
}

/** The form that takes a token. */
export function signInPage({ now, error, next }: SignInPage): Promise<string> {
  const main = html`<h1>Sign in</h1>
    <form method="post" action="/console/sign-in" class="stack">
      <input type="hidden" name="next" value="${next}" />
      <input type="hidden" name="timeZone" value="UTC" data-time-zone />
      <input type="text" name="username" value="Backup MX" autocomplete="username" hidden />
      <label for="token">Token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required spellcheck="false"
        ${error === null ? NONE : html`aria-invalid="true" aria-describedby="error"`} autofocus />
      ${error === null ? NONE : html`<p id="error" class="field-error">${error}</p>`}
      <label class="check"><input type="checkbox" name="isReadOnly" value="true" /> Only look, change nothing</label>
      <button class="primary">Sign in</button>
    </form>
    <p class="soft">The service said at its start where the operator token is; a tenant's token comes from its operator.</p>`;
  return narrow('Sign in to Backup MX', main, now);
}

/** The page of a link. Its code comes after the #, so no log and no other site sees it; the script sends it. */
export function enterPage({ now, error, next }: SignInPage): Promise<string> {
  const main = html`<h1>${error === null ? 'Opening the console' : 'This link does not open'}</h1>
    <form method="post" action="/console/enter" class="stack" data-enter>
      <input type="hidden" name="next" value="${next}" />
      <input type="hidden" name="timeZone" value="UTC" data-time-zone />
      ${error === null ? NONE : html`<p class="field-error" id="error">${error}</p>`}
      <label for="code">Code, the part of the link after #</label>
      <input id="code" name="code" type="password" autocomplete="off" required spellcheck="false" />
      <button class="primary">Open the console</button>
    </form>
    <p class="soft"><a href="/console/sign-in">Sign in with a token</a></p>`;
  return narrow('Backup MX', main, now);
}

/** Plain HTTP over a network would show the session to whoever listens. */
export function unsafePage(now: Date, publicUrl: string): Promise<string> {
  const main = html`<h1>Not over plain HTTP</h1>
    <p>Whoever is on the way could read your session. Open the console by HTTPS at the address in PUBLIC_URL, which is
      <code>${publicUrl}</code>, or on the machine itself at a loopback address, such as through an SSH tunnel.</p>`;
  return narrow('Backup MX: not over plain HTTP', main, now);
}

function narrow(title: string, main: Html, now: Date): Promise<string> {
  const body = html`<main id="main" class="narrow"><p class="brand"><span class="logo">${LOGO}</span>Backup MX</p>${main}</main>`;
  return shell({ title, body, now, live: null, hasScript: true });
}
