/** Refusals as they are recorded, and strangers who look for what is not theirs: for the tests of what is found. */
import { createRejections, type NewRejection } from '../../src/events/rejections.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import type { Harness } from '../control/harness.ts';
import { createVisit, type Visit } from './visit.ts';

/** Records one refusal of a recipient; returns its reference. */
export async function refuse(
  { database }: Pick<Harness, 'database'>,
  seed: Partial<NewRejection> & Pick<NewRejection, 'destinationId'>,
): Promise<string> {
  const rejections = createRejections({
    sql: database.sql,
    monotonicMs: () => 0,
    clientNetwork: (address) => address,
    hasRoom: () => true,
    onUnrecorded: () => undefined,
    onTrouble: (message) => {
      throw new Error(message);
    },
  });
  const rejection: NewRejection = {
    id: newId(),
    tenantId: OPERATOR_TENANT_ID,
    clientAddress: '203.0.113.9',
    ehloName: 'client.example',
    command: 'RCPT',
    reversePath: 'maria@client.example',
    forwardPath: 'nobody@north.example',
    rejection: 'BMX-USER',
    reply: '550 5.1.1 no such mailbox',
    zone: null,
    isDryRun: false,
    ...seed,
  };
  rejections.record(rejection);
  await rejections.close();
  return rejection.id;
}

/** Somebody of another tenant with all scopes that a tenant can have. */
export async function createStranger(control: Harness): Promise<Visit> {
  const { tenantCreate } = await control.ask<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation { tenantCreate(input: { name: "stranger" }) { tenant { id } userErrors { code } } }',
  );
  return createVisit(
    control,
    await tokenOf(
      control,
      'DOMAIN_WRITE, QUEUE_WRITE, MESSAGE_CONTENT, WEBHOOK_WRITE, TOKEN_WRITE, AUDIT_READ',
      tenantCreate.tenant.id,
    ),
  );
}

/** A new token with these scopes. */
export async function tokenOf(control: Harness, scopes: string, tenantId = OPERATOR_TENANT_ID): Promise<string> {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    `mutation { tokenCreate(input: { tenantId: "${tenantId}", name: "x", scopes: [${scopes}] }) { secret userErrors { code } } }`,
  );
  return tokenCreate.secret;
}
