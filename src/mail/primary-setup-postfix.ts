/**
 * The set-up of a Postfix primary: a shell script, because it goes in front of rules that are there and have to stay.
 */

/** Two tables: postscreen and the limits only ask who it is; in the restrictions a stranger's domain is refused before. */
export function postfixSetup(addresses: readonly string[]): string {
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
