/** `AlertContact`: whom the service tells by mail. */
import type { AlertContact as Contact } from '../../notify/contacts.ts';
import type { Change } from '../../input/change.ts';
import { connectionOfRows, idOfCursor, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { AlertContactResolvers, DomainResolvers, MutationResolvers, QueryResolvers } from '../generated.ts';
import { onObject } from '../on-object.ts';
import type { Call } from '../once.ts';
import { tenantById } from './tenant.ts';

export const AlertContact: AlertContactResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
};

export const alertsOfDomain = {
  ignoredAlertContacts: async ({ id }, _args, { load }) => (await load.ignoredContacts(id)) ?? [],
} satisfies DomainResolvers;

export const alertContactQueries: QueryResolvers = {
  alertContact: (_parent, { id }, { deps, viewer }) => deps.alertContacts.findContact(viewer, id),
  alertContacts: async (_parent, { first, after }, { deps, viewer }) => {
    const page = { limit: pageSize(first) + 1, afterId: idOfCursor(after) };
    return connectionOfRows(await deps.alertContacts.listContacts(viewer, page), { first, after });
  },
};

async function onContact<I>(
  context: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<Change<Contact>>,
) {
  const { object: alertContact, userErrors } = await onObject(context, call, work);
  return { alertContact, userErrors };
}

export const alertContactMutations: MutationResolvers = {
  alertContactCreate: (_parent, { input }, context) =>
    onContact(context, { mutation: 'alertContactCreate', input }, (given) =>
      context.deps.alertContacts.createContact(context.viewer, given),
    ),
  alertContactConfirm: (_parent, { input }, context) =>
    onContact(context, { mutation: 'alertContactConfirm', input }, (given) =>
      context.deps.alertContacts.confirmContact(context.viewer, given),
    ),
  alertContactDelete: (_parent, { input }, context) =>
    onContact(context, { mutation: 'alertContactDelete', input }, (given) =>
      context.deps.alertContacts.deleteContact(context.viewer, given),
    ),
};
