/** Mail for our own postmaster goes somewhere (RFC 5321 §4.5.1). */
import { type Check, ok, warning } from '../check.ts';

export const postmasterUnset: Check = {
  code: 'POSTMASTER_UNSET',
  title: 'This service has a postmaster.',
  meaning:
    'POSTMASTER_ADDRESS of this service is not set: mail for postmaster and abuse at our own name is refused, which RFC 5321 forbids.',
  advice: 'Nothing on your side: the operator of this service sets POSTMASTER_ADDRESS.',
  judge: ({ service }) =>
    service.postmasterAddress === null ? warning({ asked: 'POSTMASTER_ADDRESS', answered: '[unset]' }) : ok(),
};
