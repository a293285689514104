import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { type Harness, startControl, TOKEN } from './harness.ts';

const CHROMIUM = '/usr/bin/chromium';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

test('a browser gets GraphiQL at / and /graphql, with a policy that allows our origin only', async () => {
  for (const path of ['/', '/graphql']) {
    const response = await fetch(`${control.url}${path}`, { headers: { Accept: 'text/html,*/*' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toContain('http');
    expect(policy).not.toContain('unsafe-eval');
    const html = await response.text();
    // No element loads anything from elsewhere.
    const head = html.slice(0, html.indexOf('<style>'));
    const body = html.slice(html.indexOf('</style>'), html.indexOf('<script>'));
    const tail = html.slice(html.lastIndexOf('</script>'));
    for (const part of [head, body, tail]) expect(part).not.toMatch(/https?:\/\//);
    expect(html.match(/<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?https?:/g)).toBeNull();
    expect(html.slice(html.indexOf('<style>'), html.indexOf('</style>'))).not.toMatch(/url\(["']?(?!data:)|@import/);
    expect(html).toContain('{\\"Authorization\\": \\"Bearer \\"}');
  }
  const other = await fetch(`${control.url}/`, { headers: { Accept: '*/*' } });
  expect(await other.text()).toContain('POST /graphql');
});

test('in a real browser it works and no request leaves the origin', async () => {
  if (!existsSync(CHROMIUM)) {
    console.warn(`SKIPPED: GraphiQL in a browser, because there is no ${CHROMIUM} (Debian: apt-get install chromium)`);
    return;
  }
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const requests: string[] = [];
    const violations: string[] = [];
    page.on('request', (request) => void requests.push(request.url()));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text());
    });
    page.on('pageerror', (error) => void violations.push(error.message));
    await page.goto(`${control.url}/graphql`);
    const headers = page.locator('section[aria-label="Headers"] .monaco-editor:visible').first();
    await headers.waitFor({ timeout: 30_000 });
    await headers.click();
    // Between "Bearer " and the closing quote.
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.insertText(TOKEN);
    await page.locator('button[aria-label^="Re-fetch"]').click();
    await page.locator('.graphiql-execute-button').first().click();
    const result = page.locator('section[aria-label="Result Window"]');
    await result.getByText('backup.test.example').first().waitFor({ timeout: 30_000 });
    const stored = await page.evaluate(() => JSON.stringify(Object.entries(localStorage)));
    expect(stored).not.toContain(TOKEN);
    const foreign = requests.filter((url) => !url.startsWith(control.url) && !/^(?:data|blob):/.test(url));
    expect(foreign).toEqual([]);
    expect(violations).toEqual([]);
  } finally {
    await browser.close();
  }
}, 90_000);
