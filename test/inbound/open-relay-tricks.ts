/**
 * Ways to talk a server into relaying for somebody else, each with what must come of it.
 *
 * Served is served.example and nothing else; backup.test.example is our own name, 127.0.0.1 our address. 127.0.0.3 and every
 * other name lead to a server of somebody else.
 */

export interface Trick {
  readonly name: string;
  /** The arguments of RCPT: path, then parameters. */
  readonly to: string;
  /** The recipient as stored; null when RCPT must be refused with 5yz. */
  readonly held: string | null;
  /** The arguments of MAIL. Refused itself when `isMailRefused`. */
  readonly mail?: string;
  readonly isMailRefused?: boolean;
  /** Octets instead of UTF-8. */
  readonly isLatin1?: boolean;
}

const SERVED = 'user@served.example';
const UTF8 = 'FROM:<a@sender.example> SMTPUTF8';

const refused = (name: string, to: string, more: Partial<Trick> = {}): Trick => ({ name, to, held: null, ...more });
const held = (name: string, to: string, address: string, more: Partial<Trick> = {}): Trick => ({
  name,
  to,
  held: address,
  ...more,
});

export const TRICKS: readonly Trick[] = [
  // What must work, so that the rest proves something.
  held('the served domain', 'TO:<user@served.example>', SERVED),
  refused('another domain', 'TO:<user@other.example>'),
  refused('a domain below the served one', 'TO:<user@sub.served.example>'),
  refused('the domain above the served one', 'TO:<user@example>'),
  refused('a domain that ends in the served one', 'TO:<user@notserved.example>'),
  refused('the served domain as the first labels', 'TO:<user@served.example.other.example>'),
  // The percent hack and bang paths: to us all of it is a local part.
  held('percent hack', 'TO:<user%other.example@served.example>', 'user%other.example@served.example'),
  held(
    'percent hack, twice',
    'TO:<a%b.example%other.example@served.example>',
    'a%b.example%other.example@served.example',
  ),
  refused('percent hack with nothing behind', 'TO:<user%other.example>'),
  refused('percent hack at our own name', 'TO:<user%other.example@backup.test.example>'),
  refused('percent hack at our address', 'TO:<user%other.example@[127.0.0.1]>'),
  held('quoted percent hack', 'TO:<"user%other.example"@served.example>', 'user%other.example@served.example'),
  held('bang path', 'TO:<other.example!user@served.example>', 'other.example!user@served.example'),
  refused('bang path alone', 'TO:<other.example!user>'),
  refused('bang path from us to others', 'TO:<served.example!user@other.example>'),
  refused('bang path at our own name', 'TO:<other.example!user@backup.test.example>'),
  refused('UUCP route', 'TO:<served!other!user>'),
  held(
    'bang and percent',
    'TO:<other.example!user%third.example@served.example>',
    'other.example!user%third.example@served.example',
  ),
  held('slashes of X.400', 'TO:</S=user/OU=other.example/@served.example>', '/S=user/OU=other.example/@served.example'),
  // Two at signs.
  refused('served, then other', 'TO:<user@served.example@other.example>'),
  refused('other, then served', 'TO:<user@other.example@served.example>'),
  held('quoted other, then served', 'TO:<"user@other.example"@served.example>', '"user@other.example"@served.example'),
  refused('quoted served, then other', 'TO:<"user@served.example"@other.example>'),
  refused('quoted domain', 'TO:<user@"other.example">'),
  refused('everything quoted', 'TO:<"user@other.example">'),
  refused('two at signs in a row', 'TO:<user@@served.example>'),
  held('escaped at sign', 'TO:<"user\\@other.example"@served.example>', '"user@other.example"@served.example'),
  refused('escaped at sign outside of quotes', 'TO:<user\\@other.example@served.example>'),
  // Source routes (RFC 5321, appendix C): the last address counts, and nobody on the way is asked.
  held('source route to us', 'TO:<@other.example:user@served.example>', SERVED),
  held('source route of two to us', 'TO:<@served.example,@other.example:user@served.example>', SERVED),
  refused('source route by us', 'TO:<@served.example:user@other.example>'),
  refused('source route by us and another', 'TO:<@served.example,@other.example:user@other.example>'),
  refused('source route by our name', 'TO:<@backup.test.example:user@other.example>'),
  refused('source route without its address', 'TO:<@served.example,@other.example>'),
  refused('source route in a source route', 'TO:<@served.example:@other.example:user@other.example>'),
  held(
    'percent in a source route',
    'TO:<@other.example:user%other.example@served.example>',
    'user%other.example@served.example',
  ),
  refused('colon in the middle', 'TO:<user@other.example:user@served.example>'),
  // Address literals and names of ours.
  refused('our IPv4 literal', 'TO:<user@[127.0.0.1]>'),
  refused('somebody else in a literal', 'TO:<user@[127.0.0.3]>'),
  refused('the address published for us', 'TO:<user@[192.0.2.250]>'),
  refused('an IPv6 literal', 'TO:<user@[IPv6:::1]>'),
  refused('an IPv4 address in an IPv6 literal', 'TO:<user@[IPv6:::ffff:127.0.0.3]>'),
  refused('an IPv6 literal without its tag', 'TO:<user@[::1]>'),
  refused('an address without brackets', 'TO:<user@127.0.0.3>'),
  refused('an address as a number', 'TO:<user@2130706435>'),
  refused('a number sign', 'TO:<user@#2130706435>'),
  refused('localhost', 'TO:<user@localhost>'),
  refused('our own name', 'TO:<user@backup.test.example>'),
  refused('no domain', 'TO:<user>'),
  refused('no local part', 'TO:<@served.example>'),
  refused('an empty local part in quotes', 'TO:<""@served.example>'),
  refused('the null path', 'TO:<>'),
  refused('a path of nothing but blanks', 'TO:< >'),
  // The name of the served domain in other clothes.
  held('upper case', 'TO:<user@SERVED.Example>', SERVED),
  held('a dot at the end', 'TO:<user@served.example.>', SERVED),
  refused('two dots at the end', 'TO:<user@served.example..>'),
  refused('a dot in front', 'TO:<user@.served.example>'),
  refused('a dot at the end of another domain', 'TO:<user@other.example.>'),
  held('full-width letters', 'TO:<user@ｓｅｒｖｅｄ.example>', SERVED, { mail: UTF8 }),
  held('an ideographic full stop', 'TO:<user@served。example>', SERVED, { mail: UTF8 }),
  refused('Cyrillic that looks the same', 'TO:<user@sеrved.example>', { mail: UTF8 }),
  refused('full-width letters without SMTPUTF8', 'TO:<user@ｓｅｒｖｅｄ.example>'),
  refused('a full-width at sign', 'TO:<user＠other.example>', { mail: UTF8 }),
  refused('a full-width at sign before another domain', 'TO:<user＠served.example@other.example>', { mail: UTF8 }),
  refused('UTF-7', 'TO:<user+AEA-other.example>'),
  held(
    'UTF-7 in the local part',
    'TO:<user+AEA-other.example@served.example>',
    'user+AEA-other.example@served.example',
  ),
  refused('a soft hyphen in another name', 'TO:<user@served\u00ad.example.other.example>', { mail: UTF8 }),
  refused('octets that are no UTF-8', 'TO:<user@served.example\xff>', { isLatin1: true, mail: UTF8 }),
  refused('an overlong at sign', 'TO:<user\xc1\x80other.example@served.example>', { isLatin1: true, mail: UTF8 }),
  refused('the eighth bit set', `TO:<user\xc0other.example>`, { isLatin1: true }),
  // White space, comments, brackets, controls.
  refused('a NUL before another domain', 'TO:<user@served.example\0@other.example>'),
  refused('a NUL behind another domain', 'TO:<user@other.example\0.served.example>'),
  refused('a NUL in the local part', 'TO:<user\0@served.example>'),
  refused('a CR in the path', 'TO:<user@other.example\r>'),
  refused('a tab in the path', 'TO:<user@other.example\t@served.example>'),
  refused('a blank in the path', 'TO:<user@other.example @served.example>'),
  refused('two addresses', 'TO:<user@served.example,user@other.example>'),
  refused('two addresses with a semicolon', 'TO:<user@served.example;user@other.example>'),
  refused('two paths', 'TO:<user@served.example><user@other.example>'),
  refused('two paths with a blank', 'TO:<user@served.example> <user@other.example>'),
  refused('a comment', 'TO:<user@other.example(served.example)>'),
  refused('a comment before the domain', 'TO:<user@(served.example)other.example>'),
  refused('a display name', 'TO:"user" <user@other.example>'),
  refused('brackets in brackets', 'TO:<<user@other.example>>'),
  refused('no brackets', 'TO:user@other.example'),
  refused('the closing bracket forgotten', 'TO:<user@other.example'),
  refused('a bracket hidden in quotes', 'TO:<"user>"@other.example>'),
  held(
    'a bracket hidden in quotes, to us',
    'TO:<"><user@other.example"@served.example>',
    '"><user@other.example"@served.example',
  ),
  held('a pipe', 'TO:<|/bin/sh@served.example>', '|/bin/sh@served.example'),
  held('a group', 'TO:<"group:user@other.example;"@served.example>', '"group:user@other.example;"@served.example'),
  // Postmaster: ours is not set here, that of the served domain is its primary's.
  refused('postmaster without a domain', 'TO:<postmaster>'),
  refused('postmaster of our name', 'TO:<postmaster@backup.test.example>'),
  refused('postmaster of another domain', 'TO:<postmaster@other.example>'),
  refused('postmaster with a percent hack', 'TO:<postmaster%other.example@backup.test.example>'),
  refused('postmaster in quotes at another domain', 'TO:<"postmaster"@other.example>'),
  held('postmaster of the served domain', 'TO:<PostMaster@served.example>', 'PostMaster@served.example'),
  // Parameters.
  held('ORCPT of another domain', 'TO:<user@served.example> ORCPT=rfc822;user@other.example', SERVED),
  refused('ORCPT with a line end', 'TO:<user@served.example> ORCPT=rfc822;x+0D+0ARCPT+20TO:<user@other.example>'),
  refused('ORCPT with a line end and brackets', 'TO:<user@served.example> ORCPT=rfc822;x>+0D+0ARCPT'),
  refused('ORCPT of ours at another domain', 'TO:<user@other.example> ORCPT=rfc822;user@served.example'),
  refused('ENVID with a line end', `TO:<${SERVED}>`, {
    mail: 'FROM:<a@sender.example> ENVID=x+0D+0ARCPT+20TO:<user@other.example>',
    isMailRefused: true,
  }),
  held('ENVID with a path', `TO:<${SERVED}>`, SERVED, { mail: 'FROM:<a@sender.example> ENVID=<user@other.example>' }),
  refused('a parameter of another server', `TO:<${SERVED}> XRELAY=other.example`),
  refused('the sender is of the served domain', 'TO:<user@other.example>', { mail: 'FROM:<user@served.example>' }),
  refused('the sender is of our name', 'TO:<user@other.example>', { mail: 'FROM:<user@backup.test.example>' }),
  refused('the sender is null', 'TO:<user@other.example>', { mail: 'FROM:<>' }),
  refused('the sender is an address of ours', 'TO:<user@other.example>', { mail: 'FROM:<root@[127.0.0.1]>' }),
  refused('the sender claims to be logged in', 'TO:<user@other.example>', {
    mail: 'FROM:<user@served.example> AUTH=user@served.example',
    isMailRefused: true,
  }),
];
