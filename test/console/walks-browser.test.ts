/**
 * Three people at the console in a real browser: a postmaster on a phone at night, an operator, and support on the telephone. Each has
 * the answer within ten seconds. Then the ways around the pages: by keyboard alone, from another site, and with a session that ends.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { foldDeltas } from '../../src/queue/counts.ts';
import { addDomain, failNow, type Harness, holdMessage, startControl, TOKEN } from '../control/harness.ts';
import { launchChromium, openWatched } from '../helpers/chromium.ts';
import { createVisit } from './visit.ts';

const ANSWER_MS = 10_000;
const PHONE = { width: 390, height: 844 };
const NAME = 'away.example';

const browser: Browser | null = await launchChromium('walks through the console');
const inBrowser = test.skipIf(browser === null);
let control: Harness;
let destinationId: string;
let messageId: string;

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, NAME);
  for (let number = 0; number < 12; number += 1) await addDomain(control, `well-${number}.example`);
  messageId = await holdMessage(control.database, { destinationId, addresses: [`anna@${NAME}`] });
  await failNow(control.database, destinationId);
  await foldDeltas(control.database.sql);
});
afterAll(async () => {
  await browser?.close();
  await control.close();
});

async function signedIn(options: BrowserContextOptions) {
  const context = await browser?.newContext(options);
  if (context === undefined) throw new Error('no browser');
  const { page, faults } = await openWatched(context, control.url);
  await page.goto(`${control.url}/console/sign-in`);
  await page.fill('#token', TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.visitor').waitFor({ state: 'attached' });
  return { context, page, faults };
}

const flushNumber = async (): Promise<number> => {
  const [row] = await control.database.sql<
    { n: number }[]
  >`select flush_number as n from destinations where id = ${destinationId}`;
  return row?.n ?? -1;
};

inBrowser('a postmaster on a phone sees that mail is safe, and what to do, on the first screen', async () => {
  const { context, page, faults } = await signedIn({ viewport: PHONE, colorScheme: 'dark', hasTouch: true });
  const begun = performance.now();
  await page.goto(`${control.url}/console/d/${NAME}`);
  await page
    .getByRole('heading', {
      name: /^Your server has refused connections since .* 1.message is safe with us\. Next try/,
    })
    .waitFor();
  const button = page.getByRole('button', { name: 'Try now' }).first();
  const [place, sentence] = [await button.boundingBox(), await page.getByRole('heading', { level: 1 }).boundingBox()];
  expect(sentence?.y).toBeGreaterThan(0);
  expect((place?.y ?? Infinity) + (place?.height ?? 0)).toBeLessThan(PHONE.height);
  expect(place?.height).toBeGreaterThanOrEqual(44);
  // The top of the picture stands on the first screen as well.
  expect((await page.locator('.picture').first().boundingBox())?.y).toBeLessThan(PHONE.height);
  const before = await flushNumber();
  await button.tap();
  await page.getByText('We try it now.').waitFor();
  expect(performance.now() - begun).toBeLessThan(ANSWER_MS);
  expect(await flushNumber()).toBe(before + 1);
  expect(faults).toEqual([]);
  await context.close();
});

inBrowser('an operator sees what is in trouble first, and nothing that is well', async () => {
  const { context, page } = await signedIn({ viewport: { width: 1280, height: 800 } });
  const begun = performance.now();
  await page.goto(`${control.url}/console`);
  await page.getByRole('heading', { name: /^1 of 13.servers is away\. 1.message is safe with us\./ }).waitFor();
  expect(await page.locator('.rows .name').allTextContents()).toEqual([NAME]);
  await page.getByRole('link', { name: NAME }).click();
  await page.getByRole('heading', { name: /^Your server has refused connections/ }).waitFor();
  expect(performance.now() - begun).toBeLessThan(ANSWER_MS);
  await context.close();
});

inBrowser('support pastes the line of a log, and can say where the mail is', async () => {
  const { context, page } = await signedIn({ viewport: { width: 1280, height: 800 } });
  const begun = performance.now();
  await page.goto(`${control.url}/console`);
  await page.getByRole('searchbox').fill(`status=sent (250 2.6.0 Ok: queued as ${messageId})`);
  await page.keyboard.press('Enter');
  await page
    .getByRole('link', { name: `anna@${NAME}` })
    .first()
    .click();
  await page
    .getByRole('heading', { name: /^This message is safe with us\. .* Next try .* It is kept until/ })
    .waitFor();
  expect(performance.now() - begun).toBeLessThan(ANSWER_MS);
  await context.close();
});

inBrowser('from the sign-in to Try now by keyboard alone', async () => {
  const context = await browser?.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context?.newPage();
  if (context === undefined || page === undefined) throw new Error('no browser');
  await page.goto(`${control.url}/console/sign-in`);
  await page.keyboard.type(TOKEN);
  await page.keyboard.press('Enter');
  await page.locator('.visitor').waitFor({ state: 'attached' });
  const names: string[] = [];
  for (let press = 0; press < 40 && names.at(-1) !== `Try now: ${NAME}`; press += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    names.push((await focused.getAttribute('aria-label')) ?? (await focused.innerText()));
    const outline = await focused.evaluate((element) => getComputedStyle(element).outlineStyle);
    expect([names.at(-1), outline]).not.toEqual([names.at(-1), 'none']);
  }
  expect(names[0]).toBe('Skip to the page');
  expect(names).toContain(`Try now: ${NAME}`);
  const before = await flushNumber();
  await page.keyboard.press('Enter');
  await page.getByText('We try it now.').waitFor();
  expect(await flushNumber()).toBe(before + 1);
  await context.close();
});

inBrowser('a change is shown without losing the focus or half-typed text', async () => {
  const { context, page } = await signedIn({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${control.url}/console/d/${NAME}?do=elsewhere`);
  await page.locator('#live', { hasText: 'Live' }).waitFor();
  await page.getByLabel('Its name or address').fill('mail.half');
  const begun = performance.now();
  await holdMessage(control.database, { destinationId, addresses: [`bert@${NAME}`] });
  await foldDeltas(control.database.sql);
  await page.getByText(/2.messages are safe with us/).waitFor({ timeout: 10_000 });
  console.log(`shown ${Math.round(performance.now() - begun)} ms after the change`);
  await page.keyboard.type('-typed.example');
  expect(await page.getByLabel('Its name or address').inputValue()).toBe('mail.half-typed.example');
  await context.close();
});

inBrowser('a session that ends leaves what was typed, and the form is sent after the next sign-in', async () => {
  const { context, page } = await signedIn({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${control.url}/console/d/${NAME}?do=pause`);
  await page.getByLabel('Why').fill('new disks');
  await context.clearCookies();
  await page.getByRole('button', { name: /^Pause/ }).click();
  await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  const [other] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('link', { name: 'Sign in' }).click(),
  ]);
  await other.fill('#token', TOKEN);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.locator('.visitor').waitFor({ state: 'attached' });
  await other.close();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('Delivery is paused.').first().waitFor();
  const { domain } = await control.ask<{ domain: { pause: { reason: string } } }>(
    `{ domain(by: { name: "${NAME}" }) { pause { reason } } }`,
  );
  expect(domain.pause.reason).toBe('new disks');
  await (await createVisit(control, TOKEN)).post(`/console/d/${NAME}/resume`, { key: 'a-key' });
  await context.close();
});

inBrowser('another site changes nothing, and its link arrives signed in', async () => {
  const { context, page } = await signedIn({ viewport: { width: 1280, height: 800 } });
  const foreign =
    await serve(`<form id="f" method="post" action="${control.url}/console/d/${NAME}/pause"><input name="hours" value="4"></form>
    <a href="${control.url}/console/d/${NAME}">the link of an alert</a>`);
  const address = `http://localhost:${(foreign.address() as AddressInfo).port}/`;
  try {
    await page.goto(address);
    const asked = await page.evaluate(
      async (url) =>
        fetch(url, {
          method: 'POST',
          credentials: 'include',
          mode: 'no-cors',
          body: new URLSearchParams({ hours: '4' }),
        }).then(
          ({ type }) => type,
          () => 'failed',
        ),
      `${control.url}/console/d/${NAME}/pause`,
    );
    expect(['opaque', 'failed']).toContain(asked);
    const answer = page.waitForResponse((response) => response.url().endsWith('/pause'));
    await page.locator('#f').evaluate((form) => (form as HTMLFormElement).submit());
    expect((await answer).status()).toBe(403);
    await page.waitForURL('**/pause');
    const { domain } = await control.ask<{ domain: { pause: unknown } }>(
      `{ domain(by: { name: "${NAME}" }) { pause { reason } } }`,
    );
    expect(domain.pause).toBeNull();
    await page.goto(address);
    await page.getByRole('link').click();
    await page.getByRole('heading', { name: /^Your server has refused connections/ }).waitFor();
  } finally {
    foreign.close();
    await context.close();
  }
});

/** A site of somebody else, on another origin. */
async function serve(body: string): Promise<Server> {
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
