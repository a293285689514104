/** `backup-mx token`: the secrets of scripts and people, and what each may do. */
import { mutate } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { createdSecret, durationField, filtered, given, listOf, shown, tableOf } from './call.ts';
import { confirmed, describeRotation, describeToken } from './confirm.ts';
import { text, textOf } from './table.ts';
import { timeField, timeOption } from './time.ts';

const TOKEN = 'id name prefix scopes tenant { name } expiresAt lastUsedAt';

/** `input`: of a mutation that answers with a secret. */
async function make(
  call: Call,
  mutation: 'tokenCreate' | 'tokenRotate',
  input: Readonly<Record<string, unknown>>,
): Promise<Shown> {
  return shown(await mutate(call, mutation, input, `token { ${TOKEN} } secret`), ({ token, secret }) =>
    createdSecret(call, { secret, of: `${token?.name} (${token?.id})`, data: { token, secret } }),
  );
}

function expiry(call: Call): Record<string, string | null> {
  return call.isSet('no-expiry') ? { expiresAt: null } : timeField(call, 'expires', 'FUTURE', 'expiresAt');
}

export const tokenVerb: VerbTable = {
  verb: 'token',
  says: 'Tokens of scripts and people.',
  example: "backup-mx token create 'night shift' --scope QUEUE_READ --scope QUEUE_WRITE",
  actions: {
    list: {
      usage: '[--tenant ID] [--prefix TEXT]',
      says: 'Lists your tokens; for an operator those of all tenants, or of one. --prefix is the beginning of a name.',
      run: async (call) =>
        tableOf(
          await listOf(
            call,
            'tokens',
            TOKEN,
            filtered('TokenFilter', { tenantId: call.text('tenant'), namePrefix: call.text('prefix') }),
          ),
          [
            ['ID', ({ id }) => id],
            [text('NAME'), ({ name }) => name],
            [text('TENANT'), ({ tenant }) => tenant.name],
            ['PREFIX', ({ prefix }) => prefix],
            [text('SCOPES'), ({ scopes }) => scopes.join(' ')],
            ['EXPIRES', ({ expiresAt }) => call.time(expiresAt)],
            ['LAST USED', ({ lastUsedAt }) => call.time(lastUsedAt)],
          ],
        ),
    },
    create: {
      usage: 'NAME --scope SCOPE... [--tenant ID] [--expires TIME]',
      says: 'Creates a token and prints its secret, once. --expires takes a time, or a span from now.',
      mutations: ['tokenCreate'],
      run: (call) =>
        make(call, 'tokenCreate', {
          name: call.args[0],
          scopes: call.list('scope'),
          tenantId: call.text('tenant') ?? null,
          expiresAt: timeOption(call, 'expires', 'FUTURE') ?? null,
        }),
    },
    set: {
      usage: 'ID [--name NAME] [--scope SCOPE]... [--expires TIME | --no-expiry]',
      says: 'Changes the name, the scopes or the end of a token; its secret stays.',
      mutations: ['tokenUpdate'],
      run: async (call) => {
        const scopes = call.list('scope');
        const input = {
          id: call.args[0],
          ...given(call, 'name'),
          ...(scopes.length === 0 ? {} : { scopes }),
          ...expiry(call),
        };
        return shown(await mutate(call, 'tokenUpdate', input, `token { ${TOKEN} }`), ({ token }) => ({
          kind: 'LINE',
          line: `${textOf(token?.name)} is changed`,
          data: token,
        }));
      },
    },
    rotate: confirmed(
      {
        usage: 'ID [--overlap SPAN]',
        says: 'Prints a new secret; the old one stays valid for a day, or for --overlap.',
        mutations: ['tokenRotate'],
        run: (call) => make(call, 'tokenRotate', { id: call.args[0], ...durationField(call, 'overlap', 'overlap') }),
      },
      describeRotation('token'),
    ),
    delete: confirmed(
      {
        usage: 'ID',
        says: 'Ends a token at once.',
        mutations: ['tokenDelete'],
        run: async (call) =>
          shown(await mutate(call, 'tokenDelete', { id: call.args[0] }, 'token { id name }'), ({ token }) => ({
            kind: 'LINE',
            line: `${textOf(token?.name)} is deleted`,
            data: token,
          })),
      },
      describeToken,
    ),
  },
};
