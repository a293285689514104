/** A domain with a User List, and a primary that can be away, half set up or well; for the scenarios of the breaker. */
import { until } from '../helpers/child.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, type MessageSeen, PATIENCE_MS } from '../helpers/flow.ts';
import type { RunningService } from '../helpers/service.ts';

export interface BreakerSeen {
  readonly state: string;
  readonly since: string | null;
  readonly reply: string | null;
  readonly trialCount: number;
}

export const REFUSAL = '550 5.1.1 User unknown in virtual mailbox table';

export async function readBreaker(service: RunningService, name: string): Promise<BreakerSeen> {
  const { domain } = await service.graphql<{ domain: { breaker: BreakerSeen } }>(
    'query ($name: String!) { domain(by: { name: $name }) { breaker { state since reply trialCount } } }',
    { name },
  );
  return domain.breaker;
}

export function untilBreaker(service: RunningService, name: string, state: string): Promise<BreakerSeen> {
  return until(`the breaker of ${name} is ${state}`, PATIENCE_MS, async () => {
    const breaker = await readBreaker(service, name);
    return breaker.state === state && breaker;
  });
}

/** A primary on an address of its own, and its domain; these local parts are in the User List. */
export async function openDomain(
  flow: Flow,
  {
    name,
    host,
    recipients,
    hasCallAheads = false,
  }: { name: string; host: string; recipients: readonly string[]; hasCallAheads?: boolean },
): Promise<FakePrimary> {
  const primary = await flow.primary(host);
  await flow.addDomain(name, primary, { recipientList: recipients, hasCallAheads });
  return primary;
}

/** The primary is away, and one message for each is held; then it is back, and answers so. The next attempt is due. */
export async function holdAndReturn(
  flow: Flow,
  primary: FakePrimary,
  {
    name,
    to,
    rcptVerdict,
  }: { name: string; to: readonly (readonly string[])[]; rcptVerdict: (address: string) => string | null },
): Promise<string[]> {
  await primary.stop();
  const ids: string[] = [];
  for (const localParts of to) ids.push(await flow.send({ to: localParts.map((localPart) => `${localPart}@${name}`) }));
  const { outage } = await flow.untilSeen(name, 'is in an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(name);
  primary.setMode({ rcptVerdict });
  await primary.start();
  await flow.moveTo((await flow.see(name)).outage?.nextAttemptAt ?? outage?.nextAttemptAt);
  return ids;
}

/** Of every recipient, `local part: STATE`. */
export function statesOf(messages: readonly MessageSeen[]): string[] {
  return messages
    .flatMap(({ recipients }) => recipients.map(({ address, state }) => `${address.split('@')[0]}: ${state}`))
    .toSorted();
}

export async function pass(flow: Flow, interval: string): Promise<void> {
  await flow.database.moveClock(interval);
}

/** Whether the sweep would have the domain tried now. */
export async function isDue(flow: Flow, name: string): Promise<boolean> {
  const [row] = await flow.database.sql<{ is_due: boolean }[]>`
    select coalesce(next_attempt_at <= bmx_now(), true) or flush_requested_at is not null as is_due
    from destinations where name = ${name}`;
  return row?.is_due ?? false;
}

export async function countReports(flow: Flow): Promise<number> {
  const rows = await flow.database.sql`select from reports_due union all select from messages where kind = 'REPORT'`;
  return rows.length;
}
