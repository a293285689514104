/** `backupmx_pause`: nothing is delivered for a domain, now or in a maintenance window. */
import { type Api, errorsOf } from '../api.ts';
import type { Outcome, Resource } from '../sdk/resource.ts';
import { optional } from '../sdk/schema.ts';
import { type State, textOf, type Value } from '../sdk/value.ts';
import { ADOPT, checkInstant, checkTitle, isSameInstant, OF_DOMAIN } from './words.ts';

const FIELDS = 'pause { from until reason isInForce }';

async function put(api: Api, planned: State): Promise<Outcome> {
  const { domain = null, from = null, until = null } = planned;
  const input = { name: domain, from: textOf(from), until, reason: textOf(planned['reason']) };
  const answer = await api.mutate('domainPause', input, `domain { ${FIELDS} }`);
  if (answer.kind === 'REFUSED') return answer;
  return { kind: 'DONE', values: { ...answer.payload.domain?.pause, domain, ...saidBeginning(api, from) } };
}

/** A beginning in the past means now: what is said stays. */
function saidBeginning(api: Api, from: Value): State {
  return typeof from === 'string' && Date.parse(from) <= api.now().getTime() ? { from } : {};
}

function isOver(api: Api, { until = null }: State): boolean {
  return typeof until === 'string' && Date.parse(until) <= api.now().getTime();
}

export const pauseResource: Resource<Api> = {
  importing: 'the name of its domain: `terraform import backupmx_pause.example example.org`.',
  description:
    'A pause of the delivery of a domain, now or in a maintenance window: its mail is accepted and held, and its hosts are not dialled. Removing the resource ends the pause. After `until` it is over, and the resource may stay or go. Needs a token with `QUEUE_WRITE`.',
  example: `resource "backupmx_pause" "example" {
  domain = "example.org"
  from   = "2030-01-31T22:00:00Z"
  until  = "2030-02-01T04:00:00Z"
  reason = "new mail server"
}`,
  attributes: {
    domain: OF_DOMAIN,
    from: optional('string', 'The beginning. Without it, or in the past: at once.', {
      isFilled: true,
      check: checkInstant,
      means: isSameInstant,
    }),
    until: optional(
      'string',
      'The end, later than the beginning. Without it the pause lasts as long as the resource.',
      { check: checkInstant, means: isSameInstant },
    ),
    reason: optional('string', 'The reason, for the record.', { isFilled: true, check: checkTitle }),
    adopt: ADOPT,
  },
  title: ({ domain }) => `pause of ${textOf(domain) ?? ''}`,
  async read(api, state) {
    const name = textOf(state['domain']) ?? '';
    const domain = await api.readDomain(name, FIELDS);
    if (domain === null) return null;
    const { pause } = domain;
    if (pause === null) return isOver(api, state) ? { values: state, revision: null } : null;
    const { from, until, reason, isInForce } = pause;
    const values = {
      domain: name,
      from,
      until,
      reason,
      ...(isInForce ? saidBeginning(api, state['from'] ?? null) : {}),
    };
    return { values, revision: null };
  },
  async create(api, planned) {
    if (planned['adopt'] !== true && (await this.read(api, { domain: planned['domain'] ?? null })) !== null) {
      const message = 'The domain has a pause already.';
      return { kind: 'REFUSED', errors: [{ path: ['domain'], message, code: 'ALREADY_EXISTS' }] };
    }
    return put(api, planned);
  },
  update: put,
  remove: (api, state) =>
    isOver(api, state) ? Promise.resolve([]) : errorsOf(api, 'domainResume', { name: state['domain'] }),
  async identify(api, id) {
    const found = await api.readDomain(id, 'name pause { reason }');
    return found?.pause == null ? null : { domain: found.name };
  },
};
