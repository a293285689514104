/**
 * Scopes: what a token lets do. A right to change a thing holds the right to read it.
 */
export const SCOPES = [
  'TENANT_WRITE',
  'DOMAIN_READ',
  'DOMAIN_WRITE',
  'QUEUE_READ',
  'QUEUE_WRITE',
  'MESSAGE_CONTENT',
  'TOKEN_WRITE',
  'WEBHOOK_WRITE',
  'AUDIT_READ',
] as const;

export type Scope = (typeof SCOPES)[number];

const HOLDS: Partial<Readonly<Record<Scope, Scope>>> = { DOMAIN_WRITE: 'DOMAIN_READ', QUEUE_WRITE: 'QUEUE_READ' };

/** Rights that reach over all tenants, so that only tokens of the operator's tenant may have them. */
export const OPERATOR_SCOPES: readonly Scope[] = ['TENANT_WRITE'];

/** Whether these scopes, or what they hold, include the one that is needed. */
export function grants(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.some((scope) => scope === needed || HOLDS[scope] === needed);
}
