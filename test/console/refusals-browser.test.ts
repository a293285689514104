/** The pages of refusals and of the service in a browser: they fit every width, break no policy, and work without a script. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { addDomain, type Harness, startControl, TOKEN } from '../control/harness.ts';
import { launchChromium, openWatched } from '../helpers/chromium.ts';
import { countRefusals, recordRefusal } from './refused.ts';

const browser: Browser | null = await launchChromium('refusals and the service in the console');
const inBrowser = test.skipIf(browser === null);
const NAME = 'guarded.example';
const LONG = `${'a'.repeat(64)}@${NAME}`;
let control: Harness;

beforeAll(async () => {
  control = await startControl();
  const destinationId = await addDomain(control, NAME);
  await control.ask(
    `mutation { recipientListReplace(input: { domain: "${NAME}", localParts: ["postmaster"] }) { userErrors { code } } }`,
  );
  const refused = { code: 'BMX-USER', destinationId, reversePath: LONG, ehloName: 'h'.repeat(255) };
  for (const recipient of [LONG, `anna@${NAME}`, `bert@${NAME}`])
    await recordRefusal(control.database, { ...refused, recipient });
  await recordRefusal(control.database, { code: 'BMX-SIZE', destinationId, recipient: `carl@${NAME}` });
  await countRefusals(control.database, refused, 12);
});
afterAll(async () => {
  await browser?.close();
  await control.close();
});

async function opened(width: number, javaScriptEnabled: boolean) {
  const context = await browser?.newContext({ javaScriptEnabled, viewport: { width, height: 800 } });
  if (context === undefined) throw new Error('no browser');
  const { page, faults } = await openWatched(context, control.url);
  await page.goto(`${control.url}/console/sign-in`);
  await page.fill('#token', TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Service' }).first().waitFor({ state: 'attached' });
  return { context, page, faults };
}

async function expectFit(page: Page, width: number): Promise<void> {
  expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(width);
}

inBrowser.each([320, 390, 1280])('at %d px nothing scrolls sideways', async (width) => {
  const { context, page, faults } = await opened(width, true);
  await page.goto(`${control.url}/console/refusals?client=192.0.2.9`);
  await page.getByText('refusals in 14').waitFor();
  await page.getByText('Each half day as a table').click();
  await page.getByRole('cell', { name: 'BMX-USER 12' }).waitFor();
  await expectFit(page, width);
  await page.goto(`${control.url}/console/service`);
  await page.getByText('The service is well.').waitFor();
  await expectFit(page, width);
  expect(faults).toEqual([]);
  await context.close();
});

inBrowser.each([
  [true, 'anna'],
  [false, 'bert'],
])('looked for and allowed, with a script: %p', async (javaScriptEnabled, mailbox) => {
  const { context, page, faults } = await opened(1280, javaScriptEnabled);
  await page.goto(`${control.url}/console/refusals`);
  await page.getByLabel('Reason', { exact: true }).selectOption('BMX-USER');
  await page.getByLabel('To', { exact: true }).fill(`${mailbox}@${NAME}`);
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(`**/console/refusals?*recipient=${mailbox}*`);
  await page.getByRole('button', { name: 'Allow…' }).click();
  await page.getByText(`would get one more mailbox: ${mailbox}@${NAME}.`).waitFor();
  await page.getByRole('button', { name: 'Yes, allow' }).click();
  await page.getByText('It is allowed from now on.').waitFor();
  expect(await page.getByLabel('To', { exact: true }).inputValue()).toBe(`${mailbox}@${NAME}`);
  const { domain } = await control.ask<{ domain: { recipientList: { entries: { nodes: { localPart: string }[] } } } }>(
    `{ domain(by: { name: "${NAME}" }) { recipientList { entries(first: 10) { nodes { localPart } } } } }`,
  );
  expect(domain.recipientList.entries.nodes.map(({ localPart }) => localPart)).toContain(mailbox);
  expect(faults).toEqual([]);
  await context.close();
});
