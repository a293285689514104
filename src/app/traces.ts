/**
 * The way to the collector of traces: JSON over one HTTP request, at the address that the operator names.
 */
import type { Config } from '../config/config.ts';
import { endpointOf, requestOnce } from '../http/connection.ts';
import type { OtlpOptions } from '../telemetry/otlp.ts';

/** A collector answers with a few words; the status alone counts. */
const MOST_ANSWER_BYTES = 65_536;

export function createPost({
  url,
  headers,
}: Pick<NonNullable<Config['tracing']>, 'url' | 'headers'>): OtlpOptions['post'] {
  const endpoint = endpointOf(new URL(url));
  return (body, bounds) =>
    requestOnce(
      { ...endpoint, method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body },
      { ...bounds, maxBytes: MOST_ANSWER_BYTES },
    ).then((answer) => (answer.kind === 'FAILED' ? answer : { status: answer.status }));
}
