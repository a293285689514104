import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Harness, startControl } from './harness.ts';

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
    const head = html.slice(0, html.indexOf('<style>')).replace("xmlns='http://www.w3.org/2000/svg'", '');
    const body = html.slice(html.indexOf('</style>'), html.indexOf('<script>'));
    const tail = html.slice(html.lastIndexOf('</script>'));
    for (const part of [head, body, tail]) expect(part).not.toMatch(/https?:\/\//);
    expect(html.match(/<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?https?:/g)).toBeNull();
    expect(html.slice(html.indexOf('<style>'), html.indexOf('</style>'))).not.toMatch(/url\(["']?(?!data:)|@import/);
  }
  const other = await fetch(`${control.url}/`, { headers: { Accept: '*/*' } });
  expect(await other.text()).toContain('POST /graphql');
});
