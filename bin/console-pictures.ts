/**
 * `npm run console:pictures`: every page of the console, in real Chromium, into docs/pictures/. Names of pages may follow.
 *
 * The service is one of the tests, with domains that have a past (test/console/pages.ts).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startControl, TOKEN } from '../test/control/harness.ts';
import { scenePages } from '../test/console/pages.ts';
import { launchChromium } from '../test/helpers/chromium.ts';

const FOLDER = join(import.meta.dirname, '../docs/pictures');
const SIZES = [
  { width: 1280, height: 800, scheme: 'light' },
  { width: 1280, height: 800, scheme: 'dark' },
  { width: 390, height: 844, scheme: 'light' },
  { width: 390, height: 844, scheme: 'dark' },
] as const;

const browser = await launchChromium('pictures of the console');
if (browser === null) throw new Error('no browser');
const wanted = process.argv.slice(2);
const control = await startControl();
const pages = await scenePages(control);
mkdirSync(FOLDER, { recursive: true });
for (const { width, height, scheme } of SIZES) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    timezoneId: 'Europe/Vienna',
  });
  const page = await context.newPage();
  await page.goto(`${control.url}/console/sign-in`);
  await page.fill('#token', TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/console');
  for (const [name, path] of pages) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    await page.goto(control.url + path);
    await page.locator('h1').waitFor();
    if ((await page.locator('#live').count()) > 0)
      await page.locator('#live:not([hidden])').waitFor({ timeout: 10_000 });
    await page.screenshot({ path: join(FOLDER, `${name}-${width}-${scheme}.png`), fullPage: width > 900 });
  }
  await context.close();
}
await browser.close();
await control.close();
process.exit(0);
