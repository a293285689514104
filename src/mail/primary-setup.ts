/**
 * What the administrator of a primary sets up so that held mail gets through to it: our egress addresses are let past
 * greylisting, DNS lists, postscreen, tarpits and limits of rate. Ready-made, one text per mail server.
 *
 * None of them lets us relay: a recipient that the primary does not serve, or does not know, is refused as ever. Pure texts.
 */
import { eximSetup } from './primary-setup-exim.ts';
import { exchangeSetup } from './primary-setup-exchange.ts';
import { postfixSetup } from './primary-setup-postfix.ts';
import { rspamdSetup } from './primary-setup-rspamd.ts';

export interface PrimarySetup {
  readonly mta: 'POSTFIX' | 'EXIM' | 'RSPAMD' | 'EXCHANGE';
  readonly title: string;
  /** Ends with a line end. */
  readonly snippet: string;
  /** Whether a real server of the kind takes it in our tests. */
  readonly isTested: boolean;
}

/** Empty when there are no addresses to let through. `addresses` are IP addresses, as config/config.ts has checked them. */
export function primarySetups(addresses: readonly string[]): readonly PrimarySetup[] {
  if (addresses.length === 0) return [];
  return [
    {
      mta: 'POSTFIX',
      title: 'Postfix 3: run this as root on the mail server',
      snippet: postfixSetup(addresses),
      isTested: true,
    },
    {
      mta: 'EXIM',
      title: 'Exim 4: two pieces for its configuration',
      snippet: eximSetup(addresses),
      isTested: true,
    },
    {
      mta: 'RSPAMD',
      title: 'rspamd: a file for local.d',
      snippet: rspamdSetup(addresses),
      isTested: false,
    },
    {
      mta: 'EXCHANGE',
      title: 'Exchange Server: run this in its Management Shell; for Exchange Online see the end',
      snippet: exchangeSetup(addresses),
      isTested: false,
    },
  ];
}
