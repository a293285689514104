/**
 * A real browser for tests: Debian's Chromium, headless, with a profile of its own that goes with it.
 *
 * `watch` collects what a page must not do: speak to another origin, or break its Content-Security-Policy.
 */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { until } from './child.ts';

const CHROMIUM = '/usr/bin/chromium';
/** It must not look for updates, or anything else, on its own. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE_MS = 20_000;

/** Null, with a loud line, where there is none. */
export async function launchChromium(what: string): Promise<Browser | null> {
  if (!existsSync(CHROMIUM)) {
    console.warn(`SKIPPED: ${what}, because there is no ${CHROMIUM} (Debian: apt-get install chromium)`);
    return null;
  }
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export interface Watched {
  readonly page: Page;
  /** Addresses outside the page's origin, policy violations, uncaught errors. */
  readonly faults: readonly string[];
}

export async function openWatched(context: BrowserContext, origin: string): Promise<Watched> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (new URL(url).origin !== origin && !/^(?:data:|blob:http:\/\/127\.0\.0\.1)/.test(url)) faults.push(url);
  });
  page.on('console', (message) => {
    if (/Content Security Policy|Could not create web worker/i.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => void faults.push(error.message));
  return { page, faults };
}

/** What the console's editor or result pane shows, with plain spaces. */
export async function textOf(page: Page, pane: 'RESULT' | 'QUERY'): Promise<string> {
  const selector = pane === 'RESULT' ? '.result-window' : '.graphiql-query-editor';
  const lines = await page.locator(`${selector} .view-line`).allTextContents();
  return lines.join('\n').replaceAll('\u00a0', ' ');
}

/** Waits until the result pane shows the text; says what it shows otherwise. */
export async function untilResult(page: Page, text: string): Promise<void> {
  const isShown = async (): Promise<boolean> => {
    const result = await textOf(page, 'RESULT');
    // GraphiQL looks for the operation's name a moment after the text has changed, later than a machine presses.
    if (result.includes('Cannot infer operation')) await play(page);
    return result.includes(text);
  };
  await until(`"${text}" in the result`, PATIENCE_MS, isShown).catch(async (error: Error) => {
    throw new Error(`${error.message}; it shows: ${await textOf(page, 'RESULT')}`, { cause: error });
  });
}

/** Presses the play button, once the editor has its text. */
export async function play(page: Page): Promise<void> {
  await until('the editor has its text', PATIENCE_MS, async () => (await textOf(page, 'QUERY')).includes('{'));
  await page.getByRole('button', { name: /^Execute query/ }).click();
}

/** Types a token into the console's dialog. */
export async function giveToken(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.keyboard.press('Enter');
}
