/**
 * The GraphQL operations that every test of the whole service needs: add a domain, see what it holds, follow a message.
 *
 * Written as a user would write them, against contract fields only.
 */
import { until } from './child.ts';
import type { RunningService } from './service.ts';

export interface NextHop {
  readonly host: string;
  readonly port: number;
}

interface UserErrors {
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}

function refuseErrors(what: string, payload: UserErrors): void {
  const [first] = payload.userErrors;
  if (first !== undefined) throw new Error(`${what}: ${first.code} ${first.message}`);
}

/** domainCreate with an explicit next hop, which is not asked about recipients: a test that counts its sessions sees deliveries. */
export async function createDomain(
  service: Pick<RunningService, 'graphql'>,
  name: string,
  deliverTo: readonly NextHop[],
): Promise<void> {
  const { domainCreate } = await service.graphql<{ domainCreate: UserErrors }>(
    `mutation ($name: String!, $deliverTo: [NextHopInput!]) {
      domainCreate(input: { name: $name, deliverTo: $deliverTo, hasCallAheads: false }) { domain { name status } userErrors { code message } }
    }`,
    { name, deliverTo },
  );
  refuseErrors('domainCreate', domainCreate);
}

/** domainFlush: an attempt starts within two seconds, whatever the clock says. */
export async function flushDomain(service: RunningService, name: string): Promise<void> {
  const { domainFlush } = await service.graphql<{ domainFlush: UserErrors }>(
    'mutation ($name: String!) { domainFlush(input: { name: $name }) { userErrors { code message } } }',
    { name },
  );
  refuseErrors('domainFlush', domainFlush);
}

/** Exact number of messages held for the domain. */
export async function readHeldCount(service: RunningService, name: string): Promise<number> {
  const { domain } = await service.graphql<{ domain: { queue: { heldCount: number } } | null }>(
    'query ($name: String!) { domain(by: { name: $name }) { queue { heldCount } } }',
    { name },
  );
  if (domain === null) throw new Error(`no such domain: ${name}`);
  return domain.queue.heldCount;
}

export interface MessageView {
  readonly id: string;
  readonly transactionId: string;
  readonly reversePath: string | null;
  readonly size: number;
  readonly recipients: readonly {
    readonly address: string;
    readonly state: string;
    readonly attemptCount: number;
    readonly lastReply: string | null;
  }[];
}

/** The newest messages of the domain, live and ended. */
export async function readMessages(service: RunningService, name: string): Promise<readonly MessageView[]> {
  const { messages } = await service.graphql<{ messages: { nodes: MessageView[] } }>(
    `query ($name: String!) { messages(first: 100, filter: { domain: $name }) { nodes {
      id transactionId reversePath size recipients { address state attemptCount lastReply } } } }`,
    { name },
  );
  return messages.nodes;
}

/** Waits until the domain holds exactly `count` messages. */
export async function untilHeld(
  service: RunningService,
  name: string,
  count: number,
  timeoutMs = 40_000,
): Promise<void> {
  await until(`${name} holds ${count}`, timeoutMs, async () => (await readHeldCount(service, name)) === count);
}
