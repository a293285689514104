/** What a service of a test has written: with LOG_FORMAT=json one event a line. */
import type { Service } from './service.ts';

export interface LoggedEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Its log so far; throws when it wrote anything but JSON lines, such as a runtime's own warning. */
export function eventsOf(service: Service): LoggedEvent[] {
  const lines = service.output().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LoggedEvent);
}

/** Bugs and lost infrastructure in its log. */
export function faultsOf(service: Service): LoggedEvent[] {
  return eventsOf(service).filter(({ event }) => event === 'fault' || event === 'unavailable');
}
