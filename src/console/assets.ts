/**
 * The files that pages of the console load: styles, our script, and Idiomorph, whose one door this is.
 *
 * Each has a hash of its content in its address, so a browser keeps it for ever. Compressed once, at the first request.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

export interface Asset {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

const FOREVER = 'public, max-age=31536000, immutable';

const FILES = {
  'app.css': { contentType: 'text/css; charset=utf-8', read: () => own('app.css') },
  'app.js': { contentType: 'text/javascript; charset=utf-8', read: () => own('app.js') },
  'idiomorph.js': {
    contentType: 'text/javascript; charset=utf-8',
    read: () => readFileSync(createRequire(import.meta.url).resolve('idiomorph/dist/idiomorph.min.js')),
  },
  'icon.svg': { contentType: 'image/svg+xml', read: () => own('icon.svg') },
} as const;

export type AssetName = keyof typeof FILES;

const loaded = new Map<AssetName, { readonly hash: string; readonly asset: Asset }>();

function own(file: string): Buffer {
  return readFileSync(new URL(`assets/${file}`, import.meta.url));
}

function load(name: AssetName): { readonly hash: string; readonly asset: Asset } {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const { contentType, read } = FILES[name];
  const bytes = read();
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 12);
  const headers = { 'Content-Type': contentType, 'Cache-Control': FOREVER };
  const asset = { plain: new Uint8Array(bytes), gzipped: new Uint8Array(gzipSync(bytes, { level: 9 })), headers };
  const made = { hash, asset };
  loaded.set(name, made);
  return made;
}

/** The address of a file. */
export function assetPath(name: AssetName): string {
  return `/console/assets/${load(name).hash}/${name}`;
}

/** The file at an address below `/console/assets/`; null if there is none. */
export function findAsset(hash: string, name: string): Asset | null {
  if (!Object.hasOwn(FILES, name)) return null;
  const { asset, hash: current } = load(name as AssetName);
  return hash === current ? asset : null;
}
