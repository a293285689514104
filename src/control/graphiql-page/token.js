/**
 * The console's token: asked for in a dialog, kept in this tab's sessionStorage, sent with each request to /graphql.
 *
 * Runs before GraphiQL and stands before its fetch. A request waits until there is a token; one that the service does not
 * take has run nothing, so it is asked for again and the request repeated. The token goes nowhere else: not into
 * localStorage, an address or another tab. Whoever is signed in at the console needs none: the cookie speaks.
 */
(() => {
  'use strict';
  const KEY = 'backup-mx-token';
  const NO_TOKEN =
    'Nothing was sent, because this tab has no token. Press "Enter a token" at the top, and then try again.';
  const NO_ANSWER =
    'The service did not answer. Is it running, and can this machine reach it? If this was a mutation, look whether it was carried out before you repeat it.';
  const WRONG =
    'This token is not taken: it is mistyped, has ended, or was revoked. The operator token is in the file operator-token in the data folder (see below).';
  const serviceFetch = window.fetch.bind(window);
  const [dialog, form, field, problem, who, enter, forget] = [
    'token-dialog',
    'token-form',
    'token',
    'token-problem',
    'who',
    'enter',
    'forget',
  ].map((id) => document.getElementById(id));
  let token = sessionStorage.getItem(KEY);
  /** The question that is open, for all requests that wait for its answer: whether there is a token now. */
  let question = null;
  /** Closed without a token: not asked again before the user wants it. */
  let isDismissed = false;

  /** Whether requests go without a token, in the session of the console. */
  let isInSession = false;
  /** Resolves once that is known. */
  let begun = Promise.resolve();

  function show(viewer) {
    who.textContent = viewer === null ? '' : `${nameOf(viewer)}${isInSession ? ', signed in at the console' : ''}`;
    enter.hidden = token !== null;
    forget.hidden = token === null;
  }

  function nameOf({ isOperator, tenant, token: own }) {
    if (own === null) return 'Operator token';
    return `Token "${own.name}"${isOperator ? '' : ` of ${tenant.name}`}`;
  }

  /** Resolves with true once a token is taken, with false when the user closes the dialog. */
  function askForToken(sentence) {
    question ??= new Promise((resolve) => {
      problem.textContent = sentence;
      field.value = '';
      dialog.showModal();
      dialog.addEventListener(
        'close',
        () => {
          isDismissed = token === null;
          resolve(!isDismissed);
        },
        { once: true },
      );
    }).finally(() => (question = null));
    return question;
  }

  function send(request, secret) {
    const headers = new Headers(request.headers);
    if (secret !== null) headers.set('Authorization', `Bearer ${secret}`);
    return serviceFetch(new Request(request.clone(), { headers }));
  }

  async function fetchViewer(secret) {
    const query = '{ viewer { isOperator tenant { name } token { name } } }';
    const request = new Request('/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const { data } = await (await send(request, secret)).json();
    return data?.viewer ?? null;
  }

  function drop() {
    token = null;
    isInSession = false;
    sessionStorage.removeItem(KEY);
    show(null);
  }

  function refusal(status, message) {
    return new Response(JSON.stringify({ errors: [{ message }] }), {
      status,
      headers: { 'Content-Type': 'application/json' },
    });
  }

  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { origin, pathname } = new URL(request.url);
    if (origin !== location.origin || pathname !== '/graphql') return serviceFetch(request);
    await begun;
    for (let sentence = ''; ; ) {
      const isAsked = !isDismissed || sentence !== '';
      const hasNone = token === null && !isInSession;
      if (hasNone && !(isAsked && (await askForToken(sentence)))) return refusal(401, NO_TOKEN);
      const sent = token;
      const response = await send(request, sent).catch((error) => {
        if (request.signal.aborted) throw error;
        return refusal(503, NO_ANSWER);
      });
      if (response.status !== 401) return response;
      // A session that has ended is no mistake of whoever types.
      sentence = sent === null ? '' : WRONG;
      if (token === sent) drop();
    }
  };

  async function take() {
    // As it may have been copied: with the header's name, quotes, spaces.
    const secret = field.value.replace(/^\s*(Authorization:)?\s*(Bearer\s)?|["'\s]/gi, '');
    const viewer = /^[!-~]+$/.test(secret) ? await fetchViewer(secret).catch(() => 'NO_ANSWER') : null;
    if (viewer === 'NO_ANSWER' || viewer === null) {
      problem.textContent = viewer === null ? WRONG : 'The service did not answer. Is it running?';
      field.select();
      return;
    }
    token = secret;
    isInSession = false;
    sessionStorage.setItem(KEY, secret);
    field.value = '';
    show(viewer);
    dialog.close();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void take();
  });
  // The schema is loaded at the page's start only.
  enter.addEventListener('click', () => void askForToken('').then((isTaken) => isTaken && location.reload()));
  forget.addEventListener('click', () => {
    drop();
    // With it goes what it has brought to this page.
    location.reload();
  });

  // GraphiQL 5 goes to the tab that holds the text and variables it finds here, and opens an empty one when none does.
  const { tabs = [], activeTabIndex = 0 } = JSON.parse(localStorage.getItem('graphiql:tabState')) ?? {};
  const left = location.search === '' ? tabs[activeTabIndex] : undefined;
  if (left !== undefined) localStorage.setItem('graphiql:query', left.query ?? '');
  localStorage.setItem('graphiql:variables', left?.variables ?? '');

  // An example that was opened by its link is a tab now, or the next reload would open it again.
  new MutationObserver((_changes, observer) => {
    observer.disconnect();
    if (location.search !== '') history.replaceState(null, '', location.pathname);
  }).observe(document.getElementById('root'), { childList: true });

  show(null);
  begun = fetchViewer(token).then(
    (viewer) => {
      if (viewer === null) return;
      isInSession = token === null;
      show(viewer);
    },
    () => undefined,
  );
})();
