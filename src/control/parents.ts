/**
 * What resolvers receive as their parent where no room's own type fits.
 */
import type { MessageView, RecipientView } from '../queue/read/inspect.ts';
import type { ZoneStanding } from '../domains/dnsbl-counts.ts';
import type { DnsblZoneSetting } from '../domains/relay-domain.ts';

/** `Query.service`: its fields come from the context. */
export type ServiceParent = Readonly<Record<string, never>>;

export interface RecipientParent {
  readonly message: MessageView;
  readonly recipient: RecipientView;
}

/** A zone as one domain uses it. */
export interface DnsblZoneParent {
  readonly setting: DnsblZoneSetting;
  readonly standing: () => Promise<ZoneStanding>;
}
