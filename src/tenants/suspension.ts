/**
 * The suspension of a tenant: an operator takes it out of service, with all its domains, and puts it back.
 *
 * Mail for its domains is deferred (450), never rejected, whatever their own status is; held mail is still delivered, and webhooks
 * and alerts go on. Its tokens only read. One row says so, which every node reads anew when it hears of the COMMIT; no domain is
 * written, so the end of it leaves each as it was.
 */
import type { SqlExecutor } from '../db/client.ts';
import { SETTINGS_CHANNEL } from '../db/listen.ts';
import { bmxNow, tenants } from '../db/schema.ts';
import { eq, query } from '../db/query.ts';
import type { Domains } from '../domains/domains.ts';
import { noSuchTenant } from '../domains/owner.ts';
import { recordEvent } from '../events/record.ts';
import { type Change, invalid, refused } from '../input/checked.ts';
import { OPERATOR_TENANT_ID, type Viewer } from '../mail/viewer.ts';
import { lockTenant, readTenant, type Tenant } from './tenants.ts';
import type { TokenCache } from './token-cache.ts';

/** On SETTINGS_CHANNEL: all domains of a tenant are served differently from now on. */
const TENANT_NOTICE = 'tenant';

export interface SuspensionInput {
  readonly id: string;
  /** One line, for the record and the tenant. */
  readonly reason: string;
}

/** Suspends the tenant, or ends that. What is so already is not changed. In force on this node when the call returns. */
export async function setSuspension(
  node: { readonly tokens: TokenCache; readonly domains: Pick<Domains, 'onSettingsNotice'> },
  viewer: Viewer,
  isSuspended: boolean,
  input: SuspensionInput,
): Promise<Change<Tenant>> {
  try {
    return await node.tokens.change((transaction) => write(transaction, viewer, isSuspended, input));
  } finally {
    node.domains.onSettingsNotice(TENANT_NOTICE);
  }
}

async function write(
  sql: SqlExecutor,
  viewer: Viewer,
  isSuspended: boolean,
  { id, reason }: SuspensionInput,
): Promise<Change<Tenant>> {
  const tenant = await lockTenant(sql, viewer, id);
  if (tenant === null) return refused(noSuchTenant(id));
  if (tenant.id === OPERATOR_TENANT_ID) {
    return refused(
      invalid(['id'], "The operator's own tenant cannot be suspended: the service speaks through it.", 'INVALID'),
    );
  }
  if ((tenant.suspension !== null) === isSuspended) return { kind: 'DONE', object: tenant };
  const set = {
    suspendedAt: isSuspended ? bmxNow : null,
    suspensionReason: isSuspended ? reason : null,
    revision: tenant.revision + 1,
  };
  await query(sql, (db) => db.update(tenants).set(set).where(eq(tenants.id, tenant.id)));
  await recordEvent(sql, {
    tenantId: tenant.id,
    destinationId: null,
    messageId: null,
    kind: isSuspended ? 'TENANT_SUSPENDED' : 'TENANT_UNSUSPENDED',
    facts: { name: tenant.name, by: viewer.tenantId, reason },
  });
  await sql`select pg_notify(${SETTINGS_CHANNEL}, ${TENANT_NOTICE})`;
  return { kind: 'DONE', object: await readTenant(sql, tenant.id) };
}
