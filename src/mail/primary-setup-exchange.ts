/**
 * The set-up of an Exchange primary: a receive connector of its own for our addresses, without limits and tarpit.
 */

export function exchangeSetup(addresses: readonly string[]): string {
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
