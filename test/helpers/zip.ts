/** What a zip file holds, as Terraform's plans are: read by its central directory. Of the two methods that are in use. */
import { inflateRawSync } from 'node:zlib';

const DIRECTORY_ENTRY = 0x02014b50;
const DEFLATED = 8;

/** Name → octets. */
export function unzip(file: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = file.lastIndexOf('PK\u0005\u0006');
  let at = file.readUInt32LE(end + 16);
  while (at < end && file.readUInt32LE(at) === DIRECTORY_ENTRY) {
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => file.readUInt16LE(at + offset));
    const local = file.readUInt32LE(at + 42);
    const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const octets = file.subarray(start, start + file.readUInt32LE(at + 20));
    const name = file.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    files.set(name, file.readUInt16LE(at + 10) === DEFLATED ? inflateRawSync(octets) : octets);
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return files;
}
