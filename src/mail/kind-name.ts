/** How the kind of an event is spelled outside the API: in webhooks, the log and metrics. */

/** OUTAGE_OPENED of the API is `outage.opened`, SERVICE_TROUBLE_BEGAN is `service.trouble_began`. */
export function kindName(kind: string): string {
  return kind.toLowerCase().replace('_', '.');
}
