/** A small MIME reader for tests, written from the RFCs and not from our composer: strict where a mail reader would break. */
import { Buffer } from 'node:buffer';

export interface Entity {
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Throws on bare CR or LF, long lines, a header line that is neither a field nor a fold, or a field that is there twice. */
export function parseEntity(text: string): Entity {
  if (/\r(?!\n)|(?<!\r)\n/.test(text)) throw new Error('bare CR or LF');
  if (text.split('\r\n').some((line) => Buffer.byteLength(line) > 998)) throw new Error('line too long');
  const end = text.startsWith('\r\n') ? 0 : text.indexOf('\r\n\r\n') + 2;
  if (end === 1) throw new Error('no end of the header section');
  return { fields: parseFields(text.slice(0, end)), body: text.slice(end + 2) };
}

export function parseFields(block: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of block.replace(/\r\n(?=[ \t]+[^\s])/g, '').split('\r\n')) {
    if (field === '') continue;
    const match = /^([!-9;-~]+): ?(.*)$/.exec(field);
    if (match?.[1] === undefined) throw new Error(`no field: ${field}`);
    const name = match[1].toLowerCase();
    if (fields.has(name)) throw new Error(`twice: ${name}`);
    fields.set(name, match[2] ?? '');
  }
  return fields;
}

/** The parts of a multipart entity, preamble and epilogue left out. */
export function parseParts(entity: Entity): Entity[] {
  const boundary = /boundary="([^"]+)"/.exec(entity.fields.get('content-type') ?? '')?.[1];
  if (boundary === undefined) throw new Error('no boundary');
  const pieces = `\r\n${entity.body}`.split(`\r\n--${boundary}`);
  if (pieces.length < 3 || pieces.pop() !== '--\r\n') throw new Error('no final boundary');
  return pieces.slice(1).map((piece) => {
    if (!piece.startsWith('\r\n')) throw new Error('text after a boundary');
    return parseEntity(piece.slice(2));
  });
}

/** The octets of a part, its transfer encoding undone. */
export function decodeBody(entity: Entity): Buffer {
  if (entity.fields.get('content-transfer-encoding') !== 'quoted-printable') return Buffer.from(entity.body);
  if (entity.body.split('\r\n').some((line) => line.length > 76 || /[ \t]$/.test(line) || /[^\t -~]/.test(line))) {
    throw new Error('bad quoted-printable line');
  }
  const joined = entity.body.replace(/=\r\n/g, '');
  const text = joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
