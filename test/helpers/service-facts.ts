/** What a node says of itself, where a test asks for none of it. */
import type { ServiceFacts } from '../../src/control/context.ts';

export const SERVICE_FACTS: ServiceFacts = {
  version: '0',
  runtime: '',
  mxHostname: 'backup.test.example',
  publicUrl: 'http://backup.test.example',
  mxNames: [],
  egressAddresses: [],
};
