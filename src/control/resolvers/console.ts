/** Sign-ins of the web console, as their owner makes and ends them: links, and sessions in browsers. */
import { consoleLinkUrl } from '../../tenants/console-sessions.ts';
import { readingScopes } from '../../tenants/token-cache.ts';
import type { Context } from '../context.ts';
import type { MutationResolvers, ViewerResolvers } from '../generated.ts';

/** Whoever asks for a link opens it at once. */
const LINK_SECONDS = 120;

export const consoleSessions: NonNullable<ViewerResolvers['consoleSessions']> = async (caller, _args, context) => {
  const sessions = await context.consoleSessions.list(parentOf(context));
  return sessions.map((session) => ({ ...session, isCurrent: session.id === caller.session?.id }));
};

export const consoleMutations: MutationResolvers = {
  consoleLinkCreate: async (_parent, { input }, context) => {
    const { caller, service, consoleSessions: sessions } = context;
    const scopes = input.isReadOnly ? readingScopes(caller.scopes) : caller.scopes;
    const link = { parent: parentOf(context), scopes, lastsSeconds: LINK_SECONDS };
    const { code, expiresAt } = await sessions.makeLink(link);
    return { url: consoleLinkUrl(service.publicUrl, code), expiresAt, userErrors: [] };
  },
  consoleSessionEnd: async (_parent, { input }, context) => {
    if (await context.consoleSessions.end(parentOf(context), input.id)) return { userErrors: [] };
    const message = 'This token has no session of this id.';
    return { userErrors: [{ path: ['id'], message, code: 'NOT_FOUND' }] };
  },
};

/** On whose behalf the request speaks, also in a session. */
function parentOf({ live }: Context) {
  return live.session.parent;
}
