/** From the search field to a message in a real browser, with and without a script: it stays current until it has ended. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Browser } from 'playwright-core';
import { addDomain, endMessage, type Harness, holdMessage, startControl, TOKEN } from '../control/harness.ts';
import { launchChromium } from '../helpers/chromium.ts';

const browser: Browser | null = await launchChromium('a message in the console');
const inBrowser = test.skipIf(browser === null);

let control: Harness;
let destinationId: string;

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'north.example');
});
afterAll(async () => {
  await browser?.close();
  await control.close();
});

inBrowser.each([true, false])(
  'found, asked about, and followed to its end, with a script: %p',
  async (isScripted) => {
    const address = `anna-${isScripted}@north.example`;
    const id = await holdMessage(control.database, { destinationId, addresses: [address] });
    const context = await browser?.newContext({ javaScriptEnabled: isScripted, viewport: { width: 390, height: 844 } });
    const page = await context?.newPage();
    if (context === undefined || page === undefined) throw new Error('no browser');
    const faults: string[] = [];
    // A form that asks comes back as 422, which a browser writes down.
    const isFault = (text: string): boolean => !text.includes('status of 422');
    page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
    page.on('pageerror', (error) => void faults.push(String(error)));
    const width = (): Promise<number> => page.locator('html').evaluate((html) => html.scrollWidth);
    await page.goto(`${control.url}/console`);
    await page.fill('#token', TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByRole('searchbox').fill(`to=<${address}>, relay=none`);
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByText('Read as an address').waitFor();
    expect(await width()).toBeLessThanOrEqual(390);
    await page.getByRole('link', { name: address, exact: true }).click();
    await page.getByRole('heading', { name: 'This message is safe with us.' }).waitFor();
    expect(await width()).toBeLessThanOrEqual(390);
    await page.getByRole('link', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Cancel this message' }).click();
    await page.getByText('1 recipient would not get this message.').waitFor();
    await page.getByRole('link', { name: 'Leave it' }).click();

    await page.goto(`${control.url}/console/m/${id}`);
    if (isScripted) await page.locator('#live', { hasText: 'Live' }).waitFor();
    await endMessage(control.database, id);
    if (!isScripted) await page.reload();
    await page.getByRole('heading', { name: 'Your server has this message.' }).waitFor();
    // There is nothing more to wait for: it is neither live nor away.
    await page.locator('#live').waitFor({ state: 'hidden' });
    expect(await page.locator('main.stale').count()).toBe(0);
    expect(faults.filter(isFault)).toEqual([]);
    await context.close();
  },
  60_000,
);
