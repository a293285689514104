/** `Rejection`: what was refused before it was accepted. */
import type { RejectionResolvers } from '../generated.ts';

export const Rejection: RejectionResolvers = {
  domain: ({ destinationId }, _args, { load }) => (destinationId === null ? null : load.domain(destinationId)),
};
