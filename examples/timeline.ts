/**
 * A message's life as the API tells it: accepted, every attempt with the verbatim reply, the end.
 */

export interface TimelineMessage {
  readonly id: string;
  readonly acceptedAt: string;
  readonly reversePath: string | null;
  readonly clientAddress: string | null;
  readonly recipients: readonly {
    readonly address: string;
    readonly state: string;
    readonly attempts: { readonly nodes: readonly TimelineAttempt[] };
  }[];
}

interface TimelineAttempt {
  readonly at: string;
  readonly address: string | null;
  readonly reply: string;
  readonly outcome: string;
}

export const TIMELINE_QUERY = `
  query ($domain: String!) {
    messages(first: 10, filter: { domain: $domain }) {
      nodes {
        id acceptedAt reversePath clientAddress
        recipients { address state attempts(first: 20) { nodes { at address reply outcome } } }
      }
    }
  }`;

/** `08:31:02.120`: the instants of a demo lie within a minute. */
function clockTime(instant: string): string {
  return instant.slice(11, 23);
}

/** The message's lines, oldest event first. */
export function formatTimeline(message: TimelineMessage): string {
  const from = message.reversePath ?? '<>';
  const lines = [
    `message ${message.id}`,
    `  ${clockTime(message.acceptedAt)}  accepted from ${from} at ${message.clientAddress ?? 'unknown'}`,
  ];
  for (const recipient of message.recipients) {
    for (const attempt of recipient.attempts.nodes.toReversed()) {
      const where = attempt.address ?? 'nowhere';
      lines.push(`  ${clockTime(attempt.at)}  ${attempt.outcome} ${recipient.address} at ${where}: ${attempt.reply}`);
    }
    lines.push(`  state: ${recipient.state}`);
  }
  return lines.join('\n');
}
