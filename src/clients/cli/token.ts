/** `backup-mx token` and `backup-mx tenant`: who may do what. */
import { mutate } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { createdSecret, listOf, numberOption, overlapOption, shown } from './call.ts';
import { confirmed, describeTenant, describeToken } from './confirm.ts';
import { right } from './table.ts';

interface Token {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly tenant: { readonly name: string };
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

const TOKEN = 'id name prefix scopes tenant { name } expiresAt lastUsedAt';

async function listTokens(call: Call): Promise<Shown> {
  const tokens = await listOf<Token>(call, 'tokens', TOKEN);
  return {
    kind: 'TABLE',
    columns: ['ID', 'NAME', 'TENANT', 'PREFIX', 'SCOPES', 'EXPIRES', 'LAST USED'],
    rows: tokens.map(({ id, name, tenant, prefix, scopes, expiresAt, lastUsedAt }) => [
      id,
      name,
      tenant.name,
      prefix,
      scopes.join(' '),
      expiresAt,
      lastUsedAt,
    ]),
    data: tokens,
  };
}

interface Made {
  readonly token: Token | null;
  readonly secret: string | null;
}

async function make(call: Call, mutation: string, input: Readonly<Record<string, unknown>>): Promise<Shown> {
  return shown(await mutate<Made>(call, mutation, input, `token { ${TOKEN} } secret`), ({ token, secret }) =>
    createdSecret(call, { secret, of: `${token?.name} (${token?.id})`, data: { token, secret } }),
  );
}

function create(call: Call): Promise<Shown> {
  const input = {
    name: call.args[0],
    scopes: call.list('scope').map((scope) => scope.toUpperCase()),
    tenantId: call.text('tenant') ?? null,
    expiresAt: call.text('expires') ?? null,
  };
  return make(call, 'tokenCreate', input);
}

async function rotate(call: Call): Promise<Shown> {
  return make(call, 'tokenRotate', { id: call.args[0], ...overlapOption(call) });
}

async function revoke(call: Call): Promise<Shown> {
  const input = { id: call.args[0] };
  return shown(await mutate<Pick<Made, 'token'>>(call, 'tokenRevoke', input, 'token { id name }'), ({ token }) => ({
    kind: 'LINE',
    line: `${token?.name} is revoked`,
    data: token,
  }));
}

export const tokenVerb: VerbTable = {
  verb: 'token',
  says: 'Tokens of scripts and people.',
  example: "backup-mx token create 'night shift' --scope QUEUE_READ --scope QUEUE_WRITE",
  actions: {
    list: {
      usage: 'list',
      says: 'Lists your tokens; for an operator those of all tenants.',
      run: listTokens,
    },
    create: {
      usage: 'create NAME --scope SCOPE... [--tenant ID] [--expires TIME]',
      says: 'Creates a token and prints its secret, once.',
      argCount: 1,
      options: { scope: 'LIST', tenant: 'TEXT', expires: 'TEXT' },
      run: create,
    },
    rotate: {
      usage: 'rotate ID [--overlap SECONDS]',
      says: 'Prints a new secret; the old one stays valid for a day, or for --overlap.',
      argCount: 1,
      options: { overlap: 'TEXT' },
      run: rotate,
    },
    revoke: confirmed({ usage: 'revoke ID', says: 'Ends a token at once.', argCount: 1, run: revoke }, describeToken),
  },
};

interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly quotas: Readonly<
    Record<'domains' | 'recipientEntries' | 'tokens' | 'webhooks' | 'alertContacts', number | null>
  >;
}

const TENANT = 'id name quotas { domains recipientEntries tokens webhooks alertContacts } createdAt';

async function listTenants(call: Call): Promise<Shown> {
  const tenants = await listOf<Tenant>(call, 'tenants', TENANT);
  return {
    kind: 'TABLE',
    columns: ['ID', 'NAME', right('DOMAINS'), right('ENTRIES'), right('TOKENS')],
    rows: tenants.map(({ id, name, quotas }) => [id, name, quotas.domains, quotas.recipientEntries, quotas.tokens]),
    data: tenants,
  };
}

async function changeTenant(
  call: Call,
  mutation: 'tenantCreate' | 'tenantDelete',
  input: Readonly<Record<string, unknown>>,
): Promise<Shown> {
  type Payload = { readonly tenant: Tenant | null };
  return shown(await mutate<Payload>(call, mutation, input, `tenant { ${TENANT} }`), ({ tenant }) => ({
    kind: 'LINE',
    line: mutation === 'tenantCreate' ? String(tenant?.id) : `${tenant?.name} is deleted`,
    data: tenant,
  }));
}

export const tenantVerb: VerbTable = {
  verb: 'tenant',
  says: 'Owners of domains.',
  example: "backup-mx tenant create 'Example Ltd' --domains 50",
  actions: {
    list: {
      usage: 'list',
      says: 'Lists the tenants you may see, with their quotas.',
      run: listTenants,
    },
    create: {
      usage: 'create NAME [--domains N] [--entries N] [--tokens N] [--webhooks N] [--contacts N]',
      says: 'Adds a tenant and prints its id.',
      argCount: 1,
      options: { domains: 'TEXT', entries: 'TEXT', tokens: 'TEXT', webhooks: 'TEXT', contacts: 'TEXT' },
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
        usage: 'delete ID',
        says: 'Removes a tenant that has no more domains.',
        argCount: 1,
        run: (call) => changeTenant(call, 'tenantDelete', { id: call.args[0] }),
      },
      describeTenant,
    ),
  },
};
