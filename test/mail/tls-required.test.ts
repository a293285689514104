/** The field that waives protection is read in the header section only, as one whole field. */
import { expect, test } from 'bun:test';
import { waivesTls } from '../../src/mail/header-section.ts';

test.each([
  ['TLS-Required: No\r\nSubject: x\r\n\r\n', true],
  ['Subject: x\r\ntls-required:no \r\n\r\nbody', true],
  ['Subject: x\r\nTLS-Required: No', true],
  ['Subject: x\r\nTLS-Required: Yes\r\n\r\n', false],
  ['Subject: x\r\nTLS-Required: No thanks\r\n\r\n', false],
  ['Subject: x\r\n TLS-Required: No\r\n\r\n', false],
  ['Subject: x\r\nX-TLS-Required: No\r\n\r\n', false],
  ['Subject: x\r\n\r\nTLS-Required: No\r\n', false],
  ['', false],
])('%j: %p', (content, expected) => {
  expect(waivesTls(Buffer.from(content))).toBe(expected);
});
