/**
 * What resolvers receive as their parent where no room's own type fits.
 */
import type { MessageView, RecipientView } from '../queue/inspect.ts';

/** `Query.service`: its fields come from the context. */
export type ServiceParent = Readonly<Record<string, never>>;

export interface RecipientParent {
  readonly message: MessageView;
  readonly recipient: RecipientView;
}
