/** What the operator does meanwhile: verbs that change when and where mail goes, and never whether; what holds it up is undone. */
import type { ChaosNode } from './chaos-nodes.ts';
import type { Random } from './chaos-random.ts';
import { type Happening, type TroubleTrack, wait } from './chaos-troubles.ts';
import type { NextHop } from './domains.ts';

export interface OperatedDomain {
  readonly name: string;
  readonly home: NextHop;
  /** Another primary that takes its mail. */
  readonly elsewhere: NextHop;
}

/** All nodes may be away for a minute, on a busy machine for many. */
const HEARD_WITHIN_MS = 900_000;

export function operatorTrack(nodes: readonly ChaosNode[], domains: readonly OperatedDomain[]): TroubleTrack {
  /** By whichever node answers; said again when it is cut off in the middle of it, or refused for the moment. */
  const say = async (verb: string, type: string, input: Readonly<Record<string, unknown>>): Promise<void> => {
    const mutation = `mutation ($input: ${type}!) { ${verb}(input: $input) { userErrors { code message } } }`;
    const endsAt = performance.now() + HEARD_WITHIN_MS;
    for (let tries = 0; ; tries += 1) {
      const answer = await nodes[tries % nodes.length]
        ?.service()
        .graphql<Record<string, { userErrors: readonly { code: string }[] }>>(mutation, { input })
        .catch(String);
      if (typeof answer === 'object' && answer[verb]?.userErrors.length === 0) return;
      if (performance.now() > endsAt) throw new Error(`${verb} was never heard: ${JSON.stringify(answer)}`);
      await wait(200);
    }
  };
  const verbs: readonly ((random: Random, domain: OperatedDomain) => Promise<void>)[] = [
    async (_random, { name }) => say('domainFlush', 'DomainFlushInput', { name }),
    async (random, { name }) => {
      await say('domainPause', 'DomainPauseInput', { name });
      await wait(random.between(500, 3000));
      await say('domainResume', 'DomainResumeInput', { name });
    },
    async (random, { name, home, elsewhere }) => {
      await say('domainUpdate', 'DomainUpdateInput', { name, deliverTo: [elsewhere] });
      await wait(random.between(500, 3000));
      await say('domainUpdate', 'DomainUpdateInput', { name, deliverTo: [home] });
    },
  ];
  const run: Happening['run'] = async (random, harm) => {
    harm();
    const domain = random.pick(domains);
    await random.pick(verbs)(random, domain);
  };
  return { target: 'operator', happenings: [{ kind: 'VERB', run }] };
}
