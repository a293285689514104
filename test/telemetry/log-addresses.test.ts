/** Local parts are taken out of whatever text the log is given. */
import { expect, test } from 'bun:test';
import { withoutLocalParts, createLog } from '../../src/telemetry/log.ts';

test.each([
  ['reason', 'asked for by jane.doe+x@example.org', 'asked for by *@example.org'],
  ['reason', '<jane@example.org>,<"j d"@example.com>', '<*@example.org>,<*@example.com>'],
  ['reason', '"a\\"b"@example.org', '*@example.org'],
  ['reason', 'jäne@exämple.org and a%b@c@d', '*@exämple.org and *@*@d'],
  ['message', 'nothing to hide: 12 of 30', 'nothing to hide: 12 of 30'],
  ['reversePath', '"odd @ local"@example.org', '*@example.org'],
  ['forwardPath', 'postmaster', '*'],
  ['reply', '550 5.1.1 jane.doe: no such user', '550 5.1.1 *'],
  ['reply', '550-jane\n550 nobody', '550 *'],
  ['reply', '[connection refused]', '[connection refused]'],
  ['reply', 'jane?', '*'],
  ['reply', '[not a reply: jane.doe has no mailbox]', '[not a reply: *]'],
])('%s: %p', (field, text, expected) => {
  expect(withoutLocalParts(text, { event: 'attempt', field })).toBe(expected);
});

test('our own refusals keep their words, and where a long text was cut no piece of an address is left', () => {
  const refused = (reply: string) => withoutLocalParts(reply, { event: 'refused', field: 'reply' });
  expect(refused('550 5.7.1 not served here')).toBe('550 5.7.1 not served here');
  // `RCPT TO:<jane> doe@x`: what stands where parameters do may be anything.
  expect(refused('555 5.5.4 parameter DOE not recognized')).toBe('555 5.5.4 parameter * not recognized');
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    format: 'json',
    addresses: 'domain',
    write: (line) => lines.push(line),
    now: () => new Date(),
  });
  log.warning({ where: 'x', message: `${'a '.repeat(998)}jane.doe@example.org` });
  expect(lines.join('')).not.toContain('jan');
});
