/** `backup-mx token` and `backup-mx tenant`: who may do what. */
import { type Call, numberOption, type Shown, type VerbTable } from './action.ts';
import { confirmed, describeTenant, describeToken } from './confirm.ts';
import { allNodes, PAGE_INFO, type Page } from '../api/pages.ts';
import { mutate, type Mutated } from '../api/mutation.ts';
import { createdSecret } from './secret.ts';

const MOST_LISTED = 10_000;

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

async function listTokens({ ask }: Call): Promise<Shown> {
  const query = `query ($first: Int!, $after: String) { tokens(first: $first, after: $after) { nodes { ${TOKEN} } ${PAGE_INFO} } }`;
  const tokens = await allNodes(
    MOST_LISTED,
    async (after, first) => (await ask<{ tokens: Page<Token> }>(query, { first, after })).tokens,
  );
  return {
    kind: 'TABLE',
    columns: [
      { title: 'ID' },
      { title: 'NAME' },
      { title: 'TENANT' },
      { title: 'PREFIX' },
      { title: 'SCOPES' },
      { title: 'EXPIRES' },
      { title: 'LAST USED' },
    ],
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

function made(call: Call, answer: Mutated<Made>): Shown {
  if (answer.kind === 'REFUSED') return answer;
  const { token, secret } = answer.payload;
  return createdSecret(call, { secret, of: `${token?.name} (${token?.id})`, data: { token, secret } });
}

async function create(call: Call): Promise<Shown> {
  const input = {
    name: call.args[0],
    scopes: call.list('scope').map((scope) => scope.toUpperCase()),
    tenantId: call.text('tenant') ?? null,
    expiresAt: call.text('expires') ?? null,
  };
  return made(call, await mutate<Made>(call, 'tokenCreate', input, `token { ${TOKEN} } secret`));
}

async function rotate(call: Call): Promise<Shown> {
  const overlapSeconds = numberOption(call, 'overlap');
  const input = { id: call.args[0], ...(overlapSeconds === undefined ? {} : { overlapSeconds }) };
  return made(call, await mutate<Made>(call, 'tokenRotate', input, `token { ${TOKEN} } secret`));
}

async function revoke(call: Call): Promise<Shown> {
  const answer = await mutate<Pick<Made, 'token'>>(call, 'tokenRevoke', { id: call.args[0] }, 'token { id name }');
  if (answer.kind === 'REFUSED') return answer;
  const { token } = answer.payload;
  return { kind: 'LINE', line: `${token?.name} is revoked`, data: token };
}

const NONE = { least: 0, most: 0 };
const ONE = { least: 1, most: 1 };

export const tokenVerb: VerbTable = {
  verb: 'token',
  says: 'Tokens of scripts and people.',
  example: "backup-mx token create 'night shift' --scope QUEUE_READ --scope QUEUE_WRITE",
  actions: {
    list: {
      usage: 'list',
      says: 'Your tokens; for an operator those of all tenants.',
      argCount: NONE,
      options: {},
      run: listTokens,
    },
    create: {
      usage: 'create NAME --scope SCOPE... [--tenant ID] [--expires TIME]',
      says: 'Makes a token and prints its secret, once.',
      argCount: ONE,
      options: { scope: 'LIST', tenant: 'TEXT', expires: 'TEXT' },
      run: create,
    },
    rotate: {
      usage: 'rotate ID [--overlap SECONDS]',
      says: 'Prints a new secret; the old one is taken for a day, or as --overlap says.',
      argCount: ONE,
      options: { overlap: 'TEXT' },
      run: rotate,
    },
    revoke: confirmed(
      { usage: 'revoke ID', says: 'Ends a token at once.', argCount: ONE, options: {}, run: revoke },
      describeToken,
    ),
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

async function listTenants({ ask }: Call): Promise<Shown> {
  const query = `query ($first: Int!, $after: String) { tenants(first: $first, after: $after) { nodes { ${TENANT} } ${PAGE_INFO} } }`;
  const tenants = await allNodes(
    MOST_LISTED,
    async (after, first) => (await ask<{ tenants: Page<Tenant> }>(query, { first, after })).tenants,
  );
  return {
    kind: 'TABLE',
    columns: [
      { title: 'ID' },
      { title: 'NAME' },
      { title: 'DOMAINS', align: 'RIGHT' },
      { title: 'ENTRIES', align: 'RIGHT' },
      { title: 'TOKENS', align: 'RIGHT' },
    ],
    rows: tenants.map(({ id, name, quotas }) => [id, name, quotas.domains, quotas.recipientEntries, quotas.tokens]),
    data: tenants,
  };
}

async function changeTenant(
  call: Call,
  mutation: 'tenantCreate' | 'tenantDelete',
  input: Readonly<Record<string, unknown>>,
): Promise<Shown> {
  const answer = await mutate<{ readonly tenant: Tenant | null }>(call, mutation, input, `tenant { ${TENANT} }`);
  if (answer.kind === 'REFUSED') return answer;
  const { tenant } = answer.payload;
  const line = mutation === 'tenantCreate' ? String(tenant?.id) : `${tenant?.name} is deleted`;
  return { kind: 'LINE', line, data: tenant };
}

export const tenantVerb: VerbTable = {
  verb: 'tenant',
  says: 'Owners of domains.',
  example: "backup-mx tenant create 'Example Ltd' --domains 50",
  actions: {
    list: {
      usage: 'list',
      says: 'The tenants you may see, with their quotas.',
      argCount: NONE,
      options: {},
      run: listTenants,
    },
    create: {
      usage: 'create NAME [--domains N] [--entries N] [--tokens N] [--webhooks N] [--contacts N]',
      says: 'Adds a tenant and prints its id.',
      argCount: ONE,
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
        says: 'Removes a tenant that has no domains any more.',
        argCount: ONE,
        options: {},
        run: (call) => changeTenant(call, 'tenantDelete', { id: call.args[0] }),
      },
      describeTenant,
    ),
  },
};
