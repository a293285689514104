/** `backup-mx token` and `backup-mx tenant`: who may do what. */
import { mutate } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { createdSecret, given, listOf, durationField, numberOption, shown, tableOf } from './call.ts';
import { confirmed, describeTenant, describeToken } from './confirm.ts';
import { right, textOf } from './table.ts';

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

export const tokenVerb: VerbTable = {
  verb: 'token',
  says: 'Tokens of scripts and people.',
  example: "backup-mx token create 'night shift' --scope QUEUE_READ --scope QUEUE_WRITE",
  actions: {
    list: {
      usage: '',
      says: 'Lists your tokens; for an operator those of all tenants.',
      run: async (call) =>
        tableOf(await listOf(call, 'tokens', TOKEN), [
          ['ID', ({ id }) => id],
          ['NAME', ({ name }) => name],
          ['TENANT', ({ tenant }) => tenant.name],
          ['PREFIX', ({ prefix }) => prefix],
          ['SCOPES', ({ scopes }) => scopes.join(' ')],
          ['EXPIRES', ({ expiresAt }) => expiresAt],
          ['LAST USED', ({ lastUsedAt }) => lastUsedAt],
        ]),
    },
    create: {
      usage: 'NAME --scope SCOPE... [--tenant ID] [--expires TIME]',
      says: 'Creates a token and prints its secret, once.',
      run: (call) =>
        make(call, 'tokenCreate', {
          name: call.args[0],
          scopes: call.list('scope').map((scope) => scope.toUpperCase()),
          tenantId: call.text('tenant') ?? null,
          expiresAt: call.text('expires') ?? null,
        }),
    },
    update: {
      usage: 'ID [--name NAME] [--scope SCOPE]... [--expires TIME | --no-expiry]',
      says: 'Changes the name, the scopes or the end of a token; its secret stays.',
      run: async (call) => {
        const scopes = call.list('scope').map((scope) => scope.toUpperCase());
        const input = {
          id: call.args[0],
          ...given(call, 'name'),
          ...(scopes.length === 0 ? {} : { scopes }),
          ...(call.isSet('no-expiry') ? { expiresAt: null } : {}),
          ...(call.text('expires') === undefined ? {} : { expiresAt: call.text('expires') }),
        };
        return shown(await mutate(call, 'tokenUpdate', input, `token { ${TOKEN} }`), ({ token }) => ({
          kind: 'LINE',
          line: `${textOf(token?.name)} is changed`,
          data: token,
        }));
      },
    },
    rotate: {
      usage: 'ID [--overlap SPAN]',
      says: 'Prints a new secret; the old one stays valid for a day, or for --overlap.',
      run: (call) => make(call, 'tokenRotate', { id: call.args[0], ...durationField(call, 'overlap', 'overlap') }),
    },
    revoke: confirmed(
      {
        usage: 'ID',
        says: 'Ends a token at once.',
        run: async (call) =>
          shown(await mutate(call, 'tokenDelete', { id: call.args[0] }, 'token { id name }'), ({ token }) => ({
            kind: 'LINE',
            line: `${textOf(token?.name)} is revoked`,
            data: token,
          })),
      },
      describeToken,
    ),
  },
};

const TENANT = 'id name quotas { domains recipientEntries tokens webhooks alertContacts } createdAt';

async function changeTenant(
  call: Call,
  mutation: 'tenantCreate' | 'tenantDelete',
  input: Readonly<Record<string, unknown>>,
): Promise<Shown> {
  return shown(await mutate(call, mutation, input, `tenant { ${TENANT} }`), ({ tenant }) => ({
    kind: 'LINE',
    line: mutation === 'tenantCreate' ? String(tenant?.id) : `${textOf(tenant?.name)} is deleted`,
    data: tenant,
  }));
}

export const tenantVerb: VerbTable = {
  verb: 'tenant',
  says: 'Owners of domains.',
  example: "backup-mx tenant create 'Example Ltd' --domains 50",
  actions: {
    list: {
      usage: '',
      says: 'Lists the tenants you may see, with their quotas.',
      run: async (call) =>
        tableOf(await listOf(call, 'tenants', TENANT), [
          ['ID', ({ id }) => id],
          ['NAME', ({ name }) => name],
          [right('DOMAINS'), ({ quotas }) => quotas.domains],
          [right('ENTRIES'), ({ quotas }) => quotas.recipientEntries],
          [right('TOKENS'), ({ quotas }) => quotas.tokens],
        ]),
    },
    create: {
      usage: 'NAME [--domains N] [--entries N] [--tokens N] [--webhooks N] [--contacts N]',
      says: 'Adds a tenant and prints its id.',
      run: (call) => {
        const quotas = {
          domains: numberOption(call, 'domains'),
          recipientEntries: numberOption(call, 'entries'),
          tokens: numberOption(call, 'tokens'),
          webhooks: numberOption(call, 'webhooks'),
          alertContacts: numberOption(call, 'contacts'),
        };
        return changeTenant(call, 'tenantCreate', { name: call.args[0], quotas });
      },
    },
    delete: confirmed(
      {
        usage: 'ID',
        says: 'Removes a tenant that has no more domains.',
        run: (call) => changeTenant(call, 'tenantDelete', { id: call.args[0] }),
      },
      describeTenant,
    ),
  },
};
