// @ts-check
'use strict';
/*
 * What a page of the console does beyond what its HTML does: it stays current, tells time, and says when it is not live.
 *
 * All pages and forms work without it. The page is asked for again as a whole and merged with what is there (Idiomorph), so that
 * focus, typed text and opened details stay.
 */
(() => {
  const SILENT_MS = 15_000;
  const EVERY_MS = 20_000;
  const LEAST_MS = 1_500;
  /** After a page that took long. */
  const SLOW = { tookMs: 300, leastMs: 5_000 };
  const MOST_WAIT_MS = 30_000;
  const root = document.body;

  for (const field of document.querySelectorAll('[data-time-zone]')) {
    if (field instanceof HTMLInputElement) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
  const enter = document.querySelector('form[data-enter]');
  const code = location.hash.slice(1);
  if (enter instanceof HTMLFormElement && code !== '' && enter.querySelector('#error') === null) {
    history.replaceState(null, '', location.pathname);
    const field = enter.querySelector('#code');
    if (field instanceof HTMLInputElement) field.value = code;
    enter.submit();
    return;
  }

  /** The server's clock when the page was made, and ours. */
  let madeAt = Date.parse(root.dataset['now'] ?? '');
  let shownAt = performance.now();
  const now = () => madeAt + performance.now() - shownAt;

  /** @param {number} ms */
  const span = (ms) => {
    const minutes = Math.round(ms / 60_000);
    const [d, h, min] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
    if (d > 0) return h > 0 ? `${d} d ${h} h` : `${d} d`;
    if (h > 0) return min > 0 ? `${h} h ${min} min` : `${h} h`;
    return `${min} min`;
  };
  const tick = () => {
    for (const time of document.querySelectorAll('time[data-until]')) {
      const left = Date.parse(time.getAttribute('datetime') ?? '') - now();
      const text = left < 1000 ? 'now' : left < 60_000 ? `in ${Math.round(left / 1000)} s` : `in ${span(left)}`;
      if (time.textContent !== text) time.textContent = text;
    }
  };
  setInterval(tick, 1000);

  const dialog = document.getElementById('signed-out');
  /** @type {HTMLFormElement | null} */
  let unsent = null;
  function signInAgain() {
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  }
  dialog?.addEventListener('close', () => {
    const form = unsent;
    unsent = null;
    if (form !== null) void send(form);
  });

  /** Sends a form, unless the session has ended: then it stays as it is. @param {HTMLFormElement} form */
  async function send(form) {
    form.classList.add('sending');
    const here = await fetch('/console/here').catch(() => null);
    if (here?.status !== 401) return form.submit();
    form.classList.remove('sending');
    unsent = form;
    signInAgain();
  }
  document.addEventListener('submit', (event) => {
    const { target } = event;
    if (!(target instanceof HTMLFormElement) || target.method !== 'post') return;
    // A form that is sent twice is done once, but its button should not look as if nothing had happened.
    if (dialog === null) {
      target.classList.add('sending');
      return;
    }
    event.preventDefault();
    if (!target.classList.contains('sending')) void send(target);
  });

  const mark = document.getElementById('live');
  const subscription = root.dataset['live'] ?? '';
  if (mark === null || subscription === '') return;
  let liveSince = 0;
  let lastByteAt = 0;
  let lastAskedAt = performance.now();
  let leastMs = LEAST_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let planned;

  /** @param {boolean} isLive */
  function tell(isLive) {
    if (mark === null) return;
    mark.hidden = false;
    const clock = new Date(lastByteAt === 0 ? now() : madeAt + lastByteAt - shownAt);
    const text = isLive
      ? 'Live'
      : `Not live since ${clock.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`;
    if (mark.textContent !== text) mark.textContent = text;
    mark.classList.toggle('off', !isLive);
    document.getElementById('main')?.classList.toggle('stale', !isLive);
  }

  /** Asks for this page again, and merges it with what is there. */
  async function renew() {
    planned = undefined;
    if (document.hidden) return;
    lastAskedAt = performance.now();
    const response = await fetch(location.href);
    const tookMs = performance.now() - lastAskedAt;
    leastMs = tookMs > SLOW.tookMs ? SLOW.leastMs : LEAST_MS;
    if (response.redirected) return isGone();
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    const [from, to] = [document.getElementById('main'), fresh.getElementById('main')];
    if (from === null || to === null) return;
    madeAt = Date.parse(fresh.body.dataset['now'] ?? '') || now();
    shownAt = performance.now();
    document.title = fresh.title;
    isOver = (fresh.body.dataset['live'] ?? '') === '';
    if (isOver) stream.abort();
    // @ts-expect-error it comes with a script of its own
    Idiomorph.morph(from, to, {
      morphStyle: 'outerHTML',
      ignoreActiveValue: true,
      callbacks: {
        /** @param {Element} old */
        beforeNodeMorphed: (old) => {
          if (!(old instanceof Element)) return true;
          if (old instanceof HTMLDetailsElement && old.open) return !old.querySelector('form') && keepOpen(old, true);
          if (old instanceof HTMLFormElement && (old.contains(document.activeElement) || isTyped(old))) return false;
          return true;
        },
      },
    });
    for (const details of from.querySelectorAll('details[data-was-open]')) details.setAttribute('open', '');
    tick();
  }

  /** @param {Element} details @param {boolean} answer */
  function keepOpen(details, answer) {
    details.setAttribute('data-was-open', '');
    return answer;
  }

  /** @param {HTMLFormElement} form */
  function isTyped(form) {
    return [...form.elements].some((field) => {
      if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
      if (!(field instanceof HTMLInputElement) || field.type === 'hidden') return false;
      return field.type === 'checkbox' ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
    });
  }

  function plan() {
    planned ??= setTimeout(() => void renew().catch(() => {}), Math.max(0, lastAskedAt + leastMs - performance.now()));
  }

  function isGone() {
    tell(false);
    signInAgain();
  }

  async function listen() {
    const gone = new AbortController();
    stream = gone;
    const watch = setInterval(() => {
      if (performance.now() - lastByteAt > SILENT_MS) gone.abort();
    }, 1000);
    try {
      lastByteAt = lastByteAt === 0 ? performance.now() : lastByteAt;
      const response = await fetch('/graphql', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
        body: subscription,
        signal: gone.signal,
      });
      if (response.status === 401) return isGone();
      const reader = response.body?.getReader();
      if (!response.ok || reader === undefined) throw new Error(String(response.status));
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        lastByteAt = performance.now();
        liveSince = liveSince || lastByteAt;
        tell(true);
        // Also for the first item: something may have changed between the page and its subscription.
        const text = decoder.decode(value, { stream: true });
        if (text.includes('event: next')) plan();
        // The page says whether there is anything more to wait for.
        if (text.includes('event: complete')) await renew();
      }
    } finally {
      clearInterval(watch);
    }
  }

  /** The page as it was made last has nothing to wait for. */
  let isOver = false;
  /** Ends what is listened to. */
  let stream = new AbortController();
  function stop() {
    if (mark !== null) mark.hidden = true;
    document.getElementById('main')?.classList.remove('stale');
  }
  async function stayLive() {
    let waitMs = 1000;
    for (;;) {
      liveSince = 0;
      await listen().catch(() => {});
      if (isOver) return stop();
      if (liveSince > 0) waitMs = 1000;
      tell(false);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      waitMs = Math.min(waitMs * 2, MOST_WAIT_MS);
      plan();
    }
  }

  setInterval(() => {
    if (performance.now() - lastAskedAt >= EVERY_MS) plan();
  }, 1000);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) plan();
  });
  void stayLive();
})();
