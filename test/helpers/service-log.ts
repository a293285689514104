/** What a service of a test has written: with LOG_FORMAT=json one event a line. */
import type { RunningService } from './service.ts';

export interface LoggedEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Its log so far; throws when it wrote anything but JSON lines, such as a runtime's own warning. */
export function eventsOf(service: RunningService): LoggedEvent[] {
  const lines = service.output().split('\n');
  // What is behind the last line end is still under way.
  if (!service.hasEnded()) lines.pop();
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LoggedEvent);
}

/** Bugs and lost infrastructure in its log. What took long to answer, on a busy machine, is not lost. */
export function faultsOf(service: RunningService): LoggedEvent[] {
  const isSlow = ({ reason }: LoggedEvent): boolean => /^no answer within \d+ ms$/.test(String(reason));
  return eventsOf(service).filter(
    (logged) => logged.event === 'fault' || (logged.event === 'unavailable' && !isSlow(logged)),
  );
}
