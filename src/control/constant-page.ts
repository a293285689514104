/** Pages that are the same for everybody: kept as octets, plain and compressed, and never copied for a request. */
import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';

export interface ConstantPage {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Encoded {
  readonly body: Uint8Array<ArrayBuffer> | string;
  readonly headers: Readonly<Record<string, string>>;
}

export function constantPage(text: string, headers: Readonly<Record<string, string>>): ConstantPage {
  // Copies with an ArrayBuffer of their own, as a response's body takes them.
  const plain = new Uint8Array(Buffer.from(text));
  return { plain, gzipped: new Uint8Array(gzipSync(plain)), headers };
}

/** @param acceptEncoding as the client has sent it */
export function encoded({ plain, gzipped, headers }: ConstantPage, acceptEncoding: string): Encoded {
  const isGzip = acceptsGzip(acceptEncoding);
  const vary = headers['Vary'] === undefined ? 'Accept-Encoding' : `${headers['Vary']}, Accept-Encoding`;
  return isGzip
    ? { body: gzipped, headers: { ...headers, Vary: vary, 'Content-Encoding': 'gzip' } }
    : { body: plain, headers: { ...headers, Vary: vary } };
}

/** Whether gzip is named, and not with a weight of zero (RFC 9110 §12.5.3). */
function acceptsGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(',').some((coding) => {
    const [name = '', weight = 'q=1'] = coding.split(';').map((part) => part.trim().toLowerCase());
    return name === 'gzip' && Number(weight.replace('q=', '')) > 0;
  });
}
