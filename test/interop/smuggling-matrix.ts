/**
 * Every pretended end of data: a line end of any kind, a dot of any kind, a line end of any kind, and behind it a second message
 * of another sender (CVE-2023-51764, -51765, -51766).
 *
 * Says of each by RFC 5321 §4.1.1.4 whether the dot really ends the data, and what is then stored. All text is Latin-1.
 */
import { normalized, readData } from '../fuzz/reference.ts';

/** The lines of one row: `body<before><dot><behind>MAIL FROM:<…>`. */
export interface Variant {
  /** Such as `LF .. CRLF`. */
  readonly name: string;
  readonly number: number;
  /** What is sent from DATA's 354 on, the second message included. */
  readonly stream: string;
  /** CRLF, a single dot, CRLF: the dot is real, and the second message is a second one by right. */
  readonly isEnd: boolean;
  /** Of the first message, dots un-stuffed, not normalised. */
  readonly content: string;
  readonly isUnsafe: boolean;
}

const LINE_ENDS: Readonly<Record<string, string>> = {
  LF: '\n',
  CR: '\r',
  CRLF: '\r\n',
  CRCRLF: '\r\r\n',
  LFCR: '\n\r',
  CRLFCR: '\r\n\r',
  LFLF: '\n\n',
  NUL: '\0',
  CRNULLF: '\r\0\n',
  CRLFNUL: '\r\n\0',
  NULCRLF: '\0\r\n',
  nothing: '',
};

const DOTS: Readonly<Record<string, string>> = {
  '.': '.',
  '..': '..',
  '. ': '. ',
  '.\\t': '.\t',
  '.\\0': '.\0',
};

export const FIRST_SENDER = 'first@sender.example';
export const SECOND_SENDER = 'second@evil.example';

/** The message that stands behind the pretended end. */
function secondMessage(to: string): string {
  return `MAIL FROM:<${SECOND_SENDER}>\r\nRCPT TO:<${to}>\r\nDATA\r\nsecond\r\n.\r\n`;
}

/** All combinations; the second message is for `to`. */
export function smugglingVariants(to: string): Variant[] {
  const variants: Variant[] = [];
  for (const [beforeName, before] of Object.entries(LINE_ENDS)) {
    for (const [dotName, dot] of Object.entries(DOTS)) {
      for (const [behindName, behind] of Object.entries(LINE_ENDS)) {
        const number = variants.length;
        const stream = `Subject: ${number}\r\n\r\nbody${before}${dot}${behind}${secondMessage(to)}`;
        const { content, isUnsafe } = readData(stream);
        const isEnd = before.endsWith('\r\n') && dot === '.' && behind.startsWith('\r\n');
        variants.push({ name: `${beforeName} ${dotName} ${behindName}`, number, stream, isEnd, content, isUnsafe });
      }
    }
  }
  return variants;
}

/** Is the second message one by right: a real end before it, and MAIL at the start of a line of its own? */
export function hasSecondByRight({ isEnd, stream }: Variant): boolean {
  return isEnd && stream.includes(`\r\n.\r\nMAIL FROM:<${SECOND_SENDER}>`);
}

/** What is stored of the first message; null when it is refused. */
export function storedContent({ content, isUnsafe }: Variant, bareNewlines: 'reject' | 'normalize'): string | null {
  if (!isUnsafe) return content;
  return bareNewlines === 'reject' ? null : normalized(content);
}
