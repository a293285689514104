/** Mutations that answer with a domain, and what becomes of an attempt that some of them request. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Domain as ApiDomain } from '../../control/generated.ts';
import { mutate, type MutationOf, readObject, type Selected } from '../api/requests.ts';
import type { Call, Shown } from './action.ts';
import { NOTHING_DONE, shown } from './call.ts';

const FREE = 'queue { heldCount heldSize nextAttemptAt }';
const CHANGED = `id name status proof { name value seenAt lostAt } ${FREE}` as const;
export type DomainMutation = MutationOf<'domain'>;

/** Runs a mutation that answers with a domain, and shows a line about it. */
export async function changeDomain(
  call: Call,
  mutation: DomainMutation,
  input: Readonly<Record<string, unknown>>,
  line: (domain: Selected<ApiDomain, typeof CHANGED>) => string,
): Promise<Shown> {
  return shown(await mutate(call, mutation, input, `domain { ${CHANGED} }`), ({ domain }) =>
    domain === null ? NOTHING_DONE : { kind: 'LINE', line: line(domain), data: domain },
  );
}

const REQUESTED_ATTEMPT = 'requestedAttempt { requestedAt startedAt waitsFor }';
type RequestedAttempt = Selected<ApiDomain, typeof REQUESTED_ATTEMPT>['requestedAttempt'];

/** The same of a mutation that asks for an attempt at once, with what becomes of that. */
export async function changeAndTry(
  call: Call,
  mutation: DomainMutation,
  input: Readonly<Record<string, unknown>>,
  line: (domain: { readonly name: string }) => string,
): Promise<Shown> {
  const before = await findRequested(call, String(input['name']));
  const answer = await mutate(call, mutation, input, `domain { id name ${FREE} ${REQUESTED_ATTEMPT} }`);
  return shown(answer, async ({ domain }) => {
    if (domain === null) return NOTHING_DONE;
    // A mutation that changed nothing asks for no attempt: this one was asked for before.
    const isAsked = domain.requestedAttempt?.requestedAt !== before?.requestedAt;
    const tried = isAsked ? await followAttempt(call, domain.name, domain.requestedAttempt) : null;
    return { kind: 'LINE', line: tried === null ? line(domain) : `${line(domain)}: ${tried}`, data: domain };
  });
}

/** An attempt begins within two seconds, where nothing else is in the way. */
const POLLS = 15;
const BETWEEN_MS = 200;

const WAITS: Readonly<Record<string, string>> = {
  TURN: 'the nodes are busy with other domains',
  IN_DELIVERY: 'its mail is being delivered, and the attempt comes after that',
  NOTHING_HELD: 'no mail is held',
  PAUSED: 'it is paused',
  SCHEDULE: 'a pause came between, and its mail is tried when it is due',
  DRAIN_CAP: 'its drainPerMinute allows no more at present',
  NO_NODE: 'no node of the service delivers mail',
};

async function findRequested(call: Call, name: string): Promise<RequestedAttempt> {
  return (await readObject(call, 'domain', name, REQUESTED_ATTEMPT))?.requestedAttempt ?? null;
}

/** Waits a moment for the requested attempt, and says in words what became of it; null if no attempt was requested. */
async function followAttempt(call: Call, name: string, first: RequestedAttempt): Promise<string | null> {
  let requested = first;
  for (let poll = 0; poll < POLLS && mayBeginSoon(requested); poll += 1) {
    await sleep(BETWEEN_MS);
    requested = await findRequested(call, name);
  }
  if (requested === null) return null;
  if (requested.startedAt !== null) return `an attempt began ${call.time(requested.startedAt)}`;
  const { waitsFor } = requested;
  return `no attempt has begun yet: ${WAITS[waitsFor ?? ''] ?? `it waits (${waitsFor})`}`;
}

function mayBeginSoon(requested: RequestedAttempt): boolean {
  return requested?.startedAt === null && (requested.waitsFor === 'TURN' || requested.waitsFor === 'IN_DELIVERY');
}
