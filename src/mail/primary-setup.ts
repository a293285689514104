/**
 * Instructions for the administrator of a primary, so that held mail gets through to it: our egress addresses are let past
 * greylisting, DNS lists, postscreen, tarpits and limits of rate. Ready-made, one text per mail server.
 *
 * None of them lets us relay: a recipient that the primary does not serve, or does not know, is refused as ever. Pure texts.
 */

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

/**
 * The set-up of a Postfix primary: a shell script, because it goes in front of rules that are there and have to stay.
 *
 * Two tables: postscreen and the limits only ask who it is; in the restrictions a stranger's domain is refused before.
 */
function postfixSetup(addresses: readonly string[]): string {
  const table = (result: string) => addresses.map((address) => `${address} ${result}`).join('\n');
  return `# Lets the backup MX past postscreen, DNS lists, greylisting and limits of rate, and takes from it (XFORWARD) who sent the
# mail, for the log and content filters. It may not relay: mail for domains that are not yours stays refused, and so do
# mailboxes that do not exist. Harmless when run twice.
set -e --
cd "$(postconf -h config_directory)"
cat > backup-mx-addresses.cidr <<'END'
${table('permit')}
END
cat > backup-mx-access.cidr <<'END'
${table('reject_unauth_destination, reject_unlisted_recipient, permit')}
END
for list in smtpd_client smtpd_helo smtpd_sender smtpd_recipient; do
  set -- "$@" "\${list}_restrictions" "check_client_access cidr:$PWD/backup-mx-access.cidr"
done
for list in postscreen_access_list smtpd_client_event_limit_exceptions smtpd_authorized_xforward_hosts; do
  set -- "$@" "$list" "cidr:$PWD/backup-mx-addresses.cidr"
done
# In front of what you have there.
for pair in 1 2 3 4 5 6 7; do
  old="$(postconf -h "$1")"
  case "$old" in *backup-mx-*) ;; *) set -- "$@" "$1 = $2, $old" ;; esac
  shift 2
done
test $# -eq 0 || postconf -e "$@"
postfix check
postfix reload
# master.cf: smtpd lines with "-o smtpd_…_restrictions=" of their own are not changed by this.
`;
}

/** The set-up of an Exim primary: a host list and an ACL statement, with the names that Exim's default configuration has. */
function eximSetup(addresses: readonly string[]): string {
  return `# 1. In the main part, before the first "begin" (Debian: a file in /etc/exim4/conf.d/main/):
hostlist backup_mx_hosts = <; ${addresses.join(' ; ')}

# 2. In the ACL that acl_smtp_rcpt names, as its first statement. It may not relay: other domains go on to the statements
# that you have, and mailboxes that do not exist are refused.
  accept  hosts   = +backup_mx_hosts
          domains = +local_domains : +relay_to_domains
          endpass
          verify  = recipient

# 3. Where you have ACLs for connect, HELO or MAIL with DNS lists, delays or ratelimit, as their first statement:
#  accept  hosts   = +backup_mx_hosts
#
# 4. Where you have set them: leave +backup_mx_hosts out of smtp_ratelimit_hosts ("! +backup_mx_hosts : *"), put it into
# smtp_reserve_hosts, and let smtp_accept_max_per_host be
#  \${if match_ip{$sender_host_address}{+backup_mx_hosts}{0}{YOUR NUMBER}}
`;
}

/** The set-up of rspamd with any mail server: what judges the client's address is left out, what judges content stays. */
function rspamdSetup(addresses: readonly string[]): string {
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

/** The set-up of an Exchange primary: a receive connector of its own for our addresses, without limits and tarpit. */
function exchangeSetup(addresses: readonly string[]): string {
  const list = addresses.map((address) => `"${address}"`).join(',');
  return `# Written after Microsoft's documentation; not run in our tests.
# A connector for the backup MX alone. Anonymous users may not relay: only your accepted domains are taken.
$backupMx = ${list}
New-ReceiveConnector -Name "Backup MX" -Server $env:COMPUTERNAME -TransportRole FrontendTransport -Custom \`
  -Bindings "0.0.0.0:25","[::]:25" -RemoteIPRanges $backupMx
Set-ReceiveConnector "$env:COMPUTERNAME\\Backup MX" -PermissionGroups AnonymousUsers -TarpitInterval 00:00:00 \`
  -MaxInboundConnection Unlimited -MaxInboundConnectionPerSource Unlimited -MaxInboundConnectionPercentagePerSource 100 \`
  -MessageRateLimit Unlimited -MaxAcknowledgementDelay 00:00:00
# With the connection filtering agent (Edge Transport, or antispam agents on a Mailbox server):
$backupMx | ForEach-Object { Add-IPAllowListEntry -IPAddress $_ }

# Exchange Online, in its own shell instead of all that; the sender's address before ours is judged then:
#  New-InboundConnector -Name "Backup MX" -ConnectorType Partner -SenderDomains * -RestrictDomainsToIPAddresses $false \`
#    -SenderIPAddresses ${list} -EFSkipIPs ${list}
`;
}
