/**
 * A message's life as the API tells it: accepted, every attempt with the reply, what befell its primary, the end.
 */

export interface TimelineMessage {
  readonly id: string;
  readonly reversePath: string | null;
  readonly recipients: readonly { readonly address: string; readonly state: string }[];
  readonly timeline: {
    readonly nodes: readonly { readonly at: string; readonly kind: string; readonly text: string }[];
  };
}

export const TIMELINE_QUERY = `
  query ($domain: String!) {
    messages(first: 10, filter: { domain: $domain }) {
      nodes { id reversePath recipients { address state } timeline(first: 100) { nodes { at kind text } } }
    }
  }`;

/** `08:31:02.120`: the instants of a demo lie within a minute. */
function clockTime(instant: string): string {
  return instant.slice(11, 23);
}

/** The message's lines, oldest first. */
export function formatTimeline({ id, reversePath, recipients, timeline }: TimelineMessage): string {
  return [
    `message ${id} from ${reversePath ?? '<>'}`,
    ...timeline.nodes.map(({ at, text }) => `  ${clockTime(at)}  ${text}`),
    ...recipients.map(({ address, state }) => `  ${address}: ${state}`),
  ].join('\n');
}
