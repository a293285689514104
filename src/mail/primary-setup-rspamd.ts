/**
 * The set-up of rspamd behind any mail server: what judges the client's address is left out, what judges content stays.
 */

export function rspamdSetup(addresses: readonly string[]): string {
  return `# /etc/rspamd/local.d/settings.conf (add the block if you have the file already), then: rspamadm configtest
# Written after rspamd's documentation; not run in our tests.
# DMARC is left out because SPF is: it would fail for senders that have SPF only. What was checked on arrival at the backup
# MX stands in its Authentication-Results field, where its operator adds one.
backup_mx {
  priority = high;
  ip = [${addresses.map((address) => `"${address}"`).join(', ')}];
  apply {
    groups_disabled = ["rbl"];
    symbols_disabled = ["SPF_CHECK", "DMARC_CHECK", "GREYLIST_CHECK", "GREYLIST_SAVE", "RATELIMIT_CHECK", "RATELIMIT_UPDATE"];
  }
}
`;
}
