/**
 * A real Postfix as the primary: back after an outage, its machine asks by ETRN, and the mail comes to it (RFC 1985).
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { createDomain, untilHeld } from '../helpers/domains.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { startPostfix, whyNoPostfix } from '../helpers/postfix.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { openSession, sendMessage } from '../helpers/smtp-session.ts';
import { isSkipped } from './mail.ts';

const DOMAIN = 'behind.example';

describe.skipIf(isSkipped('ETRN for Postfix', whyNoPostfix()))('ETRN', () => {
  let flow: Flow;
  let primaryPort: number;

  beforeAll(async () => {
    flow = await startFlow();
    primaryPort = await findFreePort();
    await createDomain(flow.service, DOMAIN, [{ host: '127.0.0.1', port: primaryPort }]);
    await flow.service.graphql(
      `mutation { domainUpdate(input: { name: "${DOMAIN}", etrnClients: ["127.0.0.1"] }) { userErrors { code } } }`,
    );
  });

  afterAll(() => flow?.close());

  test('brings what was held to a Postfix that is back', async () => {
    const session = await openSession(flow.service.smtpPort);
    for (const subject of ['one', 'two']) {
      const content = Buffer.from(`Subject: ${subject}\r\n\r\nHello.\r\n`);
      await sendMessage(session, { from: 'sender@elsewhere.example', to: `user@${DOMAIN}`, content });
    }
    await untilHeld(flow.service, DOMAIN, 2);
    const primary = await startPostfix({ mode: { kind: 'SINK', domains: [DOMAIN] }, port: primaryPort });
    try {
      expect(await session.command(`ETRN ${DOMAIN}`)).toBe(253);
      const delivered = await until('the mail arrives', 30_000, async () => {
        const mails = await primary.readDelivered();
        return mails.length === 2 && mails;
      });
      const subjects = delivered.map((mail) => /^Subject: (\w+)/m.exec(mail.toString())?.[1]);
      expect(new Set(subjects)).toEqual(new Set(['one', 'two']));
      await untilHeld(flow.service, DOMAIN, 0);
    } finally {
      session.close();
      await primary.remove();
    }
  });
});
