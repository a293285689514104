/** One client, one network: /32 of IPv4, /64 of IPv6, whatever the spelling. */
import { expect, test } from 'bun:test';
import { clientNetwork } from '../../src/mail/client-network.ts';

test.each([
  ['192.0.2.9', '192.0.2.9'],
  ['::ffff:192.0.2.9', '192.0.2.9'],
  ['::ffff:c000:209', '192.0.2.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['::1', '::/64'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['', ''],
])('%p counts as %p', (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});
