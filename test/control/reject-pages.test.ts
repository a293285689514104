/** Every rejection code has its page, every page its code, and a stranger learns from it what to do. */
import { describe, expect, test } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REJECTIONS, rejectPage } from '../../src/control/reject-pages.ts';
import { REJECTION_CODES, type RejectionCode } from '../../src/policy/decision.ts';

const CODES: readonly RejectionCode[] = REJECTION_CODES;

/** The visible text, as a text browser shows it. */
function textOf(html: string): string {
  return html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]+>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

test('codes and pages are the same set', async () => {
  expect(Object.keys(REJECTIONS).toSorted()).toEqual(CODES.toSorted());
  const src = join(import.meta.dir, '../../src');
  const named = new Set<string>();
  for (const path of await readdir(src, { recursive: true })) {
    if (!path.endsWith('.ts') || path.includes('reject-')) continue;
    const text = await readFile(join(src, path), 'utf8');
    for (const [code] of text.matchAll(/'BMX-[A-Z]+'/g)) named.add(code.slice(1, -1));
  }
  expect([...named].toSorted()).toEqual(CODES.toSorted());
});

describe.each(CODES)('%s', (code) => {
  const { status, html } = rejectPage(code);
  const text = textOf(html);

  test('tells what happened and what either side can do', () => {
    expect(status).toBe(200);
    expect(text).toContain(`${code}: mail `);
    const [, happened = '', sender = '', postmaster = ''] =
      /What happened\n(.*)\nWhat the sender should do\n(.*)\nWhat the recipient's postmaster can do\n(.*)\nAsking about it\n/s.exec(
        text,
      ) ?? [];
    for (const part of [happened, sender, postmaster]) {
      expect(part.trim().length).toBeGreaterThan(20);
      expect(part.trim()).toMatch(/[.]$/);
    }
    expect(text).toContain('reference');
    expect(text).toContain(REJECTIONS[code]?.reply ?? 'no reply');
    expect(text).toContain(REJECTIONS[code].reply.startsWith('4') ? 'Nothing is lost' : 'no copy of it is here');
  });

  test('is HTML that runs nothing, and loads nothing but our own look', () => {
    expect(html).not.toMatch(/<(script|style|img|iframe|form)\b|\bon[a-z]+=|https?:/);
    const links = [...html.matchAll(/<link [^>]*href="([^"]*)"/g)].map(([, href]) => href);
    for (const href of links) expect(href).toMatch(/^\/console\/assets\/[\w-]+\/(?:app\.css|icon\.svg)$/);
    expect(links).toHaveLength(2);
    expect(html.match(/<h1>/g)).toHaveLength(1);
    for (const tag of ['html', 'body', 'h1', 'h2', 'p', 'code', 'a']) {
      expect(html.match(new RegExp(`<${tag}[ >]`, 'g'))?.length ?? 0).toBe(
        html.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0,
      );
    }
    expect(Buffer.byteLength(html)).toBeLessThan(4096);
  });

  test('speaks of no customer and of no primary', () => {
    expect(text).not.toMatch(/[a-z0-9-]+\.(example|test|com|net)\b|\d+\.\d+\.\d+\.\d+/);
  });
});

test('the list has every code once with its meaning; an unknown code gets it with 404, and is not echoed', () => {
  const list = rejectPage('');
  expect(list.status).toBe(200);
  for (const code of CODES) expect(list.html.split(`href="/reject/${code}"`)).toHaveLength(2);
  for (const code of ['BMX-NONE', 'constructor', '<b>bold</b>']) {
    const unknown = rejectPage(code);
    expect(unknown.status).toBe(404);
    expect(unknown.html).toContain('no code of this name');
    expect(unknown.html).toContain('href="/reject/BMX-USER"');
    expect(unknown.html).not.toContain(code);
  }
  expect(rejectPage('bmx-user')).toEqual(rejectPage('BMX-USER'));
});
