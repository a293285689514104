/** The console in a real browser: what a postmaster sees, types and reads, and where the token does not go. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { until } from '../helpers/child.ts';
import {
  giveToken,
  launchChromium,
  openWatched,
  play,
  textOf,
  untilResult,
  type Watched,
} from '../helpers/chromium.ts';
import { addDomain, failNow, type Harness, holdMessage, startControl, TOKEN } from './harness.ts';

const browser: Browser | null = await launchChromium('the console in a browser');
const inBrowser = test.skipIf(browser === null);

let control: Harness;
let context: BrowserContext;
let watched: Watched;
let page: Page;

let destinationId: string;

/** Once the service has been asked to tell of it. */
const beginOutage = () => failNow(control.database, destinationId);

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'example.com');
  await holdMessage(control.database, { destinationId, addresses: ['bob@example.com'] });
});
afterAll(async () => {
  await browser?.close();
  await control.close();
});

beforeEach(async () => {
  if (browser === null) return;
  context = await browser.newContext();
  watched = await openWatched(context, control.url);
  ({ page } = watched);
  await page.goto(`${control.url}/graphql`);
});
afterEach(async () => {
  if (browser === null) return;
  await context.close();
  expect(watched.faults).toEqual([]);
});

const problem = (): Promise<string> => page.locator('#token-problem').innerText();

/** Among the tabs of the next visit, as GraphiQL writes them half a second later. */
const isKept = (query: string): Promise<boolean> =>
  page.evaluate<boolean>(`localStorage.getItem('graphiql:tabState').includes(${JSON.stringify(query)})`);

/** In place of what the editor holds. */
async function write(query: string): Promise<void> {
  await page.locator('.graphiql-query-editor .view-lines').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(query);
  const name = /^\w+ (\w+)/.exec(query)?.[1] ?? '';
  await page.locator('.graphiql-tab-active', { hasText: name }).waitFor();
}

const stored = (area: 'localStorage' | 'sessionStorage'): Promise<string> =>
  page.evaluate<string>(`JSON.stringify(Object.entries(${area}))`);

inBrowser(
  'by the keyboard alone: a wrong token reads well, the right one opens the schema, Ctrl-Enter runs',
  async () => {
    // The field has the focus; nothing has been sent yet.
    await page.getByLabel('Token', { exact: true }).waitFor();
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await until('the wrong token is refused', 30_000, async () => (await problem()) !== '');
    expect(await problem()).toContain('operator-token in the data folder');
    // As it is copied from a script.
    await page.keyboard.type(`Authorization: Bearer ${TOKEN} `);
    await page.keyboard.press('Enter');
    await page.getByText('Operator token', { exact: true }).waitFor();
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('Control+Enter');
    await untilResult(page, '"heldCount": 1');
  },
);

inBrowser('the token stays in its tab, and is forgotten', async () => {
  await giveToken(page, TOKEN);
  await play(page);
  await untilResult(page, 'example.com');
  expect(await stored('sessionStorage')).toContain(TOKEN);
  expect(await stored('localStorage')).not.toContain(TOKEN);
  expect(page.url()).toBe(`${control.url}/graphql`);
  expect(await context.cookies()).toEqual([]);
  const other = await context.newPage();
  await other.goto(`${control.url}/graphql`);
  await other.getByLabel('Token', { exact: true }).waitFor();
  expect(await other.evaluate('sessionStorage.length')).toBe(0);
  await other.close();
  // A reload keeps it.
  await page.reload();
  await play(page);
  await untilResult(page, 'example.com');
  await page.getByRole('button', { name: 'Forget the token' }).click();
  await page.getByLabel('Token', { exact: true }).waitFor();
  expect(await stored('sessionStorage')).not.toContain(TOKEN);
  expect(await textOf(page, 'RESULT')).not.toContain('example.com');
});

inBrowser('whoever is signed in at the console needs no token, and is asked for one once that has ended', async () => {
  await page.goto(`${control.url}/console`);
  await page.fill('#token', TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'GraphiQL' }).click();
  await page.getByText('Operator token, signed in at the console').waitFor();
  await play(page);
  await untilResult(page, 'example.com');
  expect(await stored('sessionStorage')).not.toContain(TOKEN);
  await control.database.sql`delete from console_sessions`;
  await context.clearCookies();
  await play(page);
  await page.getByLabel('Token', { exact: true }).waitFor();
});

inBrowser('every tab of a first visit runs, and later visits find the tabs as they were left', async () => {
  await giveToken(page, TOKEN);
  const expected = [
    ['WhatIsHeld', '"heldCount": 1'],
    ['WhyIsMyMailLate', 'sender@sender.example'],
    ['WatchOutages', '"kind": "OUTAGE_OPENED"'],
    ['RetryNow', '"userErrors": []'],
    ['AddADomain', 'ALREADY_EXISTS'],
  ] as const;
  expect(await page.locator('.graphiql-tab').allInnerTexts()).toEqual(expected.map(([name]) => name));
  let hasStream = false;
  page.on('response', (response) => {
    hasStream ||= response.headers()['content-type']?.includes('event-stream') === true;
  });
  for (const [name, shown] of expected) {
    await page.locator('.graphiql-tab', { hasText: name }).locator('button').first().click();
    await until(`tab ${name}`, 30_000, async () => (await textOf(page, 'QUERY')).includes(name));
    await play(page);
    if (name === 'WatchOutages') {
      await until('it is told what happens', 30_000, async () => {
        if ((await textOf(page, 'RESULT')).includes('Cannot infer operation')) await play(page);
        return hasStream;
      });
      await beginOutage();
    }
    await untilResult(page, shown);
    if (name === 'WatchOutages') await page.getByRole('button', { name: /^Stop query/ }).click();
    expect(await textOf(page, 'RESULT')).not.toContain('"errors"');
  }
  expect(control.poked.length).toBe(1);
  // Edited, it stays so; the examples are still at hand.
  await write('query Mine { viewer { isOperator } }');
  await until('it is kept', 30_000, () => isKept('query Mine'));
  await page.reload();
  await page.getByRole('tab', { name: 'Mine' }).waitFor();
  expect(await page.locator('.graphiql-tab').count()).toBe(5);
  await page.getByText('Examples').click();
  await page.getByRole('link', { name: 'Add a domain' }).click();
  await page.getByRole('tab', { name: 'AddADomain' }).waitFor();
  expect(page.url()).toBe(`${control.url}/graphql`);
  await until('it is kept', 30_000, () => isKept('mutation AddADomain'));
  await page.reload();
  await page.getByRole('tab', { name: 'AddADomain' }).waitFor();
  expect(await page.locator('.graphiql-tab').count()).toBe(6);
});

inBrowser('errors read well: of a query, of a token that has ended, of none, of a service that is away', async () => {
  await giveToken(page, TOKEN);
  await page.getByText('Operator token', { exact: true }).waitFor();
  await write('query Nonsense { viewer { nonsense } }');
  await play(page);
  await untilResult(page, 'Cannot query field');
  await write('query Nonsense { viewer {');
  await play(page);
  await untilResult(page, 'Syntax Error');
  expect(await textOf(page, 'RESULT')).not.toContain('stack');

  // Revoked while the console is open: the question is asked again, and the operation is done all the same.
  const { tokenCreate } = await control.ask<{ tokenCreate: { token: { id: string }; secret: string } }>(
    'mutation { tokenCreate(input: { name: "night shift", scopes: [DOMAIN_READ] }) { token { id } secret } }',
  );
  await page.getByRole('button', { name: 'Forget the token' }).click();
  await giveToken(page, tokenCreate.secret);
  await page.getByText('Token "night shift"').waitFor();
  await control.ask('mutation ($id: ID!) { tokenDelete(input: { id: $id }) { userErrors { code } } }', {
    id: tokenCreate.token.id,
  });
  await write('query Again { viewer { isOperator } }');
  await play(page);
  await until('it is asked for again', 30_000, async () => (await problem().catch(() => '')).includes('revoked'));
  await giveToken(page, TOKEN);
  await untilResult(page, '"isOperator": true');

  await page.route('**/graphql', (route) => route.abort());
  await play(page);
  await untilResult(page, 'did not answer');
  await page.unroute('**/graphql');
  await until('it is kept', 30_000, () => isKept('query Again'));
  await page.getByRole('button', { name: 'Forget the token' }).click();
  await page.getByLabel('Token', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await play(page);
  await untilResult(page, 'Enter a token');
  await page.getByRole('button', { name: 'Enter a token' }).click();
  await giveToken(page, TOKEN);
  await page.getByText('Operator token', { exact: true }).waitFor();
});

inBrowser(
  'the docs show a type with its description, as prose; a narrow window has one pane above the other',
  async () => {
    await page.setViewportSize({ width: 480, height: 900 });
    await giveToken(page, TOKEN);
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByRole('link', { name: 'Query', exact: true }).click();
    await docs.getByRole('link', { name: 'Domain', exact: true }).click();
    await docs.getByText('A relay domain: we accept, hold and deliver its mail').waitFor();
    const text = await docs.innerText();
    expect(text).not.toContain('`');
    const editor = await page.locator('.graphiql-editors').boundingBox();
    const result = await page.locator('.graphiql-response').boundingBox();
    expect(result?.y).toBeGreaterThanOrEqual((editor?.y ?? 0) + (editor?.height ?? Infinity));
    expect(result?.width).toBeGreaterThan(350);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  },
);
