/** The overview: what it shows to whom, and that a domain is tried at once from it, with and without a script. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Browser } from 'playwright-core';
import { foldDeltas } from '../../src/queue/counts.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { addDomain, failNow, type Harness, holdMessage, startControl, TOKEN } from '../control/harness.ts';
import { createVisit } from './visit.ts';

const browser: Browser | null = await launchChromium('the overview of the console');
const inBrowser = test.skipIf(browser === null);

let control: Harness;
let destinationId: string;

async function beginOutage(): Promise<void> {
  await failNow(control.database, destinationId);
  await foldDeltas(control.database.sql);
}

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'away.example');
  await addDomain(control, 'well.example');
  await holdMessage(control.database, { destinationId });
  await beginOutage();
});
afterAll(async () => {
  await browser?.close();
  await control.close();
});

async function signIn(token: string, isReadOnly = false): Promise<string> {
  const body = new URLSearchParams({ token, timeZone: 'UTC', ...(isReadOnly ? { isReadOnly: 'true' } : {}) });
  const headers = { 'Sec-Fetch-Site': 'same-origin' };
  const response = await fetch(`${control.url}/console/sign-in`, { method: 'POST', redirect: 'manual', headers, body });
  return response.headers.get('Set-Cookie')?.split(';')[0] ?? '';
}

async function pageOf(cookie: string, path = '/console'): Promise<string> {
  return (await fetch(control.url + path, { headers: { Cookie: cookie }, redirect: 'manual' })).text();
}

async function flushNumber(): Promise<number> {
  const [row] = await control.database.sql<
    { n: number }[]
  >`select flush_number as n from destinations where id = ${destinationId}`;
  return row?.n ?? -1;
}

test('shows what needs a look, and not what is well', async () => {
  const cookie = await signIn(TOKEN);
  const page = await pageOf(cookie);
  expect(page).toContain('<title>1 of 2\u00a0servers is away.</title>');
  expect(page).toContain('away.example');
  expect(page).not.toContain('well.example');
  expect(await pageOf(cookie, '/console?show=all')).toContain('well.example');
  expect(await pageOf(cookie, '/console?show=paused')).toContain('No domain is so at the moment.');
  // What is chosen stays chosen in every link.
  const chosen = await pageOf(cookie, '/console?show=all&range=10d');
  expect(chosen).toContain('href="/console?show=away&amp;range=10d"');
  expect(chosen).toContain('href="/console?show=all&amp;range=90d"');
  expect(chosen.match(/class="bar-held"/g)).toHaveLength(1);
});

test('a tenant sees its own domains, here none', async () => {
  const { tenantCreate } = await control.ask<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation { tenantCreate(input: { name: "other" }) { tenant { id } userErrors { code } } }',
  );
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    `mutation { tokenCreate(input: { tenantId: "${tenantCreate.tenant.id}", name: "other", scopes: [DOMAIN_READ, QUEUE_WRITE] }) { secret userErrors { code } } }`,
  );
  const cookie = await signIn(tokenCreate.secret);
  const page = await pageOf(cookie, '/console?show=all');
  expect(page).toContain('There is no domain yet.');
  expect(page).not.toContain('away.example');
  const before = await flushNumber();
  const headers = { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' };
  const sent = await fetch(`${control.url}/console/d/away.example/try`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ key: 'x' }),
  });
  expect(sent.status).toBe(404);
  expect(await flushNumber()).toBe(before);
});

test('all that is held is one row, and one button tries all of it', async () => {
  await addDomain(control, 'second.example');
  const visit = await createVisit(control, TOKEN);
  const page = await visit.page('/console');
  expect(page.replaceAll('\u00a0', ' ')).toMatch(/<b>All \d+ domains<\/b>/);
  const [, key = ''] = /try-all">\s*<input type="hidden" name="key" value="([\w-]+)"/.exec(page) ?? [];
  const sent = await visit.post('/console/try-all', { key });
  expect([sent.status, sent.headers.get('Location')]).toEqual([303, '/console?did=try-all']);
  const { domain } = await control.ask<{ domain: { requestedAttempt: unknown } }>(
    '{ domain(by: { name: "away.example" }) { requestedAttempt { startedAt } } }',
  );
  expect(domain.requestedAttempt).not.toBeNull();
});

test('who only looks has no button', async () => {
  expect(await pageOf(await signIn(TOKEN, true))).not.toContain('Try now');
  expect(await pageOf(await signIn(TOKEN))).toContain('Try now');
});

test('an address that is no text has no page and takes no form', async () => {
  const headers = { Cookie: await signIn(TOKEN), 'Sec-Fetch-Site': 'same-origin' };
  const url = `${control.url}/console/d/%zz/try`;
  expect((await fetch(url, { method: 'POST', headers, body: new URLSearchParams({ key: 'x' }) })).status).toBe(404);
  expect((await fetch(url, { headers })).status).toBe(404);
});

test('a form that is sent twice is done once', async () => {
  const cookie = await signIn(TOKEN);
  const [, key = ''] = /name="key" value="([\w-]+)"/.exec(await pageOf(cookie)) ?? [];
  const before = await flushNumber();
  for (let time = 0; time < 2; time += 1) {
    const headers = { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' };
    const body = new URLSearchParams({ key, from: 'overview' });
    const url = `${control.url}/console/d/away.example/try`;
    const response = await fetch(url, { method: 'POST', redirect: 'manual', headers, body });
    expect([response.status, response.headers.get('Location')]).toEqual([303, '/console?did=try']);
  }
  expect(await flushNumber()).toBe(before + 1);
});

inBrowser.each([true, false])('in a browser, with a script: %p', async (javaScriptEnabled) => {
  const context = await browser?.newContext({ javaScriptEnabled, viewport: { width: 390, height: 844 } });
  const page = await context?.newPage();
  if (context === undefined || page === undefined) throw new Error('no browser');
  const faults: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
  page.on('pageerror', (error) => void faults.push(String(error)));
  await page.goto(`${control.url}/console`);
  await page.fill('#token', TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const before = await flushNumber();
  await page.getByRole('button', { name: 'Try now: away.example' }).click();
  await page.getByText('We try it now.').waitFor();
  expect(await flushNumber()).toBe(before + 1);
  if (javaScriptEnabled) {
    await page.locator('#live', { hasText: 'Live' }).waitFor();
    await page.getByText(/safe with us/).waitFor();
    await holdMessage(control.database, { destinationId });
    await foldDeltas(control.database.sql);
    // Well before the page would be asked for by the clock alone.
    await page.getByText('2 messages are').waitFor({ timeout: 10_000 });
  }
  expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(390);
  expect(faults).toEqual([]);
  await context.close();
});
