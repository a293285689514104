/**
 * The set-up of an Exim primary: a host list and an ACL statement, with the names that Exim's default configuration has.
 */

export function eximSetup(addresses: readonly string[]): string {
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
