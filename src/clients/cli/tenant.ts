/** `backup-mx tenant`: the owners of domains, tokens and webhooks. */
import { mutate, type MutationOf } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { filtered, given, listOf, NOTHING_DONE, numberField, shown, tableOf } from './call.ts';
import { confirmed, describeTenant } from './confirm.ts';
import { right, text, textOf } from './table.ts';

const TENANT =
  'id name quotas { domains recipientEntries tokens webhooks alertContacts } suspension { reason since } createdAt';
const USAGE = 'usage { domainCount recipientEntryCount tokenCount webhookCount alertContactCount heldCount heldSize }';

/** `3 of 50`; without a quota the number alone. */
function ofQuota(count: number, quota: number | null): string {
  return quota === null ? String(count) : `${count} of ${quota}`;
}

/** Runs a mutation that answers with a tenant. */
async function changeTenant(
  call: Call,
  mutation: MutationOf<'tenant'>,
  input: Readonly<Record<string, unknown>>,
  line: (tenant: { readonly id: string; readonly name: string }) => string,
): Promise<Shown> {
  return shown(await mutate(call, mutation, input, `tenant { ${TENANT} }`), ({ tenant }) =>
    tenant === null ? NOTHING_DONE : { kind: 'LINE', line: line(tenant), data: tenant },
  );
}

const QUOTAS = '[--domains N] [--entries N] [--tokens N] [--webhooks N] [--contacts N]';

/** The quotas that were given. */
function quotas(call: Call): Record<string, number> {
  return {
    ...numberField(call, 'domains', 'domains'),
    ...numberField(call, 'entries', 'recipientEntries'),
    ...numberField(call, 'tokens', 'tokens'),
    ...numberField(call, 'webhooks', 'webhooks'),
    ...numberField(call, 'contacts', 'alertContacts'),
  };
}

export const tenantVerb: VerbTable = {
  verb: 'tenant',
  says: 'Owners of domains.',
  example: "backup-mx tenant create 'Example Ltd' --domains 50",
  actions: {
    list: {
      usage: '[--prefix TEXT] [--suspended]',
      says: 'Lists the tenants you may see, with what they have and their quotas. --prefix is the beginning of a name.',
      run: async (call) =>
        tableOf(
          await listOf(
            call,
            'tenants',
            `${TENANT} ${USAGE}`,
            filtered('TenantFilter', {
              namePrefix: call.text('prefix'),
              isSuspended: call.isSet('suspended') || undefined,
            }),
          ),
          [
            ['ID', ({ id }) => id],
            [text('NAME'), ({ name }) => name],
            [right('DOMAINS'), ({ usage, quotas }) => ofQuota(usage.domainCount, quotas.domains)],
            [right('ENTRIES'), ({ usage, quotas }) => ofQuota(usage.recipientEntryCount, quotas.recipientEntries)],
            [right('TOKENS'), ({ usage, quotas }) => ofQuota(usage.tokenCount, quotas.tokens)],
            [right('HELD'), ({ usage }) => usage.heldCount],
            ['SUSPENDED', ({ suspension }) => call.time(suspension?.since ?? null)],
          ],
        ),
    },
    create: {
      usage: `NAME ${QUOTAS}`,
      says: 'Creates a tenant and prints its id.',
      mutations: ['tenantCreate'],
      run: (call) => changeTenant(call, 'tenantCreate', { name: call.args[0], quotas: quotas(call) }, ({ id }) => id),
    },
    set: {
      usage: `ID [--name NAME] ${QUOTAS} [--expected-revision N]`,
      says: 'Changes the name or the quotas of a tenant.',
      mutations: ['tenantUpdate'],
      run: (call) => {
        const changed = quotas(call);
        const input = {
          id: call.args[0],
          ...given(call, 'name'),
          ...(Object.keys(changed).length === 0 ? {} : { quotas: changed }),
          ...numberField(call, 'expected-revision', 'expectedRevision'),
        };
        return changeTenant(call, 'tenantUpdate', input, ({ name }) => `${textOf(name)} is changed`);
      },
    },
    suspend: {
      usage: 'ID [--reason TEXT]',
      says: 'Takes a tenant out of service: its mail is deferred, and its tokens only read.',
      mutations: ['tenantSuspend'],
      run: (call) =>
        changeTenant(
          call,
          'tenantSuspend',
          { id: call.args[0], ...given(call, 'reason') },
          ({ name }) => `${textOf(name)} is suspended`,
        ),
    },
    unsuspend: {
      usage: 'ID [--reason TEXT]',
      says: 'Puts a suspended tenant back into service.',
      mutations: ['tenantUnsuspend'],
      run: (call) =>
        changeTenant(
          call,
          'tenantUnsuspend',
          { id: call.args[0], ...given(call, 'reason') },
          ({ name }) => `${textOf(name)} is in service`,
        ),
    },
    delete: confirmed(
      {
        usage: 'ID',
        says: 'Deletes a tenant that has no more domains.',
        mutations: ['tenantDelete'],
        run: (call) =>
          changeTenant(call, 'tenantDelete', { id: call.args[0] }, ({ name }) => `${textOf(name)} is deleted`),
      },
      describeTenant,
    ),
  },
};
