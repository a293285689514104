/**
 * Every page of the console in a real browser: nothing against WCAG in either scheme, nothing that scrolls sideways, nothing that
 * asks elsewhere or breaks the policy, and no more octets than a slow phone can take.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Harness, startControl, TOKEN } from '../control/harness.ts';
import { launchChromium, openWatched } from '../helpers/chromium.ts';
import { scenePages } from './pages.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [320, 390, 1280, 2560] as const;
/** Octets of a first visit, compressed: the page, its styles and its scripts. */
const MOST_OCTETS = 60_000;
const FIRST_PAINT_MS = 300;

const browser: Browser | null = await launchChromium('every page of the console');
const inBrowser = test.skipIf(browser === null);
let control: Harness;
let paths: ReadonlyMap<string, string>;

beforeAll(async () => {
  control = await startControl();
  paths = await scenePages(control);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await control.close();
});

interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly faults: readonly string[];
}

async function signIn(options: Parameters<Browser['newContext']>[0]): Promise<Opened> {
  // Only so that axe, which is no script of ours, may run; the policy has a test of its own below.
  const context = await browser?.newContext(options);
  if (context === undefined) throw new Error('no browser');
  const { page, faults } = await openWatched(context, control.url);
  await page.goto(`${control.url}/console/sign-in`);
  await page.fill('#token', TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.visitor').waitFor({ state: 'attached' });
  return { context, page, faults };
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (): Promise<readonly Violation[]> => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

inBrowser.each([
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 390 },
] as const)(
  'axe finds nothing, $colorScheme at $width px',
  async ({ colorScheme, width }) => {
    const { context, page } = await signIn({ bypassCSP: true, colorScheme, viewport: { width, height: 844 } });
    const found: Record<string, readonly string[]> = {};
    for (const [name, path] of paths) {
      await page.goto(control.url + path);
      const violations = await violationsOf(page);
      if (violations.length > 0) found[name] = violations;
    }
    expect(found).toEqual({});
    await context.close();
  },
  180_000,
);

inBrowser(
  'no page scrolls sideways from 320 to 2,560 px, and none breaks its policy',
  async () => {
    const { context, page, faults } = await signIn({ viewport: { width: 1280, height: 844 } });
    const wide: string[] = [];
    for (const [name, path] of paths) {
      await page.goto(control.url + path);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        const needed = await page.locator('html').evaluate((html) => html.scrollWidth);
        if (needed > width) wide.push(`${name} needs ${needed} of ${width}`);
      }
    }
    expect(wide).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  },
  120_000,
);

/** Milliseconds from the request to the first text on the screen. */
function firstPaintOf(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const [paint] = list.getEntriesByName('first-contentful-paint');
          if (paint !== undefined) resolve(paint.startTime);
        }).observe({ type: 'paint', buffered: true });
      }),
  );
}

inBrowser(
  'a first visit is light, and is painted at once',
  async () => {
    const { context, page } = await signIn({ viewport: { width: 390, height: 844 } });
    const paints: number[] = [];
    for (const name of ['overview', 'domain-away'] as const) {
      const fresh = await context.newCDPSession(page);
      await fresh.send('Network.clearBrowserCache');
      await page.goto(control.url + (paths.get(name) ?? ''), { waitUntil: 'load' });
      const octets = await page.evaluate(() =>
        [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
          (sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize,
          0,
        ),
      );
      console.log(`${name}: ${octets} octets`);
      expect(octets).toBeGreaterThan(10_000);
      expect(octets).toBeLessThanOrEqual(MOST_OCTETS);
      for (let time = 0; time < 3; time += 1) {
        await page.reload({ waitUntil: 'load' });
        paints.push(await firstPaintOf(page));
      }
    }
    console.log(`first paints: ${paints.map((ms) => Math.round(ms)).join(', ')} ms`);
    expect(Math.min(...paints)).toBeLessThan(FIRST_PAINT_MS);
    await context.close();
  },
  60_000,
);
