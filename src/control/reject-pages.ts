/**
 * The pages that our rejection codes point to: what happened, what the sender should do, what the recipient's postmaster can.
 *
 * HTML without script, in the look of the console, readable in a text browser and by somebody who never heard of us. Codes
 * are stable; a page names no customer. The words of each code stand in `REJECTIONS`.
 */

import { assetPath } from '../console/assets.ts';
import type { RejectionCode } from './generated.ts';

/** As the reply has it: BMX_USER is `BMX-USER`. */
type SpokenCode = RejectionCode extends infer Code ? (Code extends `BMX_${infer Word}` ? `BMX-${Word}` : never) : never;

export interface RejectPage {
  readonly status: 200 | 404;
  readonly html: string;
}

const WHO_WE_ARE =
  'This is a backup mail server. It takes mail for domains whose own mail server cannot be reached, keeps it, and hands it ' +
  'over when that server is back.';

/** The page of a code, in whatever case it is asked for; the list of all for none and for an unknown one. */
export function rejectPage(code: string): RejectPage {
  const asked = code.toUpperCase();
  const known = Object.entries(REJECTIONS).find(([name]) => name === asked);
  if (known !== undefined) return { status: 200, html: codePage(...known) };
  return code === '' ? { status: 200, html: listPage([]) } : { status: 404, html: listPage([UNKNOWN_CODE]) };
}

const UNKNOWN_CODE = '<p>There is no code of this name. These are all there are:</p>';

function codePage(code: string, { reply, meaning, sender, postmaster }: RejectionText): string {
  const isTemporary = reply.startsWith('4');
  const title = `${code}: mail ${isTemporary ? 'put off for now' : 'refused'}`;
  return pageOf(title, [
    `<h1>${title}</h1>`,
    `<p>${WHO_WE_ARE}</p>`,
    '<h2>What happened</h2>',
    `<p>${escapeHtml(meaning)}</p>`,
    `<p>${isTemporary ? PUT_OFF : REFUSED} The reply was <code>${reply}</code>.</p>`,
    '<h2>What the sender should do</h2>',
    `<p>${escapeHtml(sender)}</p>`,
    "<h2>What the recipient's postmaster can do</h2>",
    `<p>${escapeHtml(postmaster)}</p>`,
    '<h2>Asking about it</h2>',
    `<p>${REFERENCE}</p>`,
    '<p><a href="/reject/">All codes</a></p>',
  ]);
}

const PUT_OFF =
  'Nothing is lost: the sending server keeps the message and tries again by itself, usually for several days, and tells its ' +
  'sender when it gives up.';
const REFUSED = 'The message was not taken, and no copy of it is here. The sending server tells its sender so.';
const REFERENCE =
  "The reply holds a reference: quote it. The operator of this server, and the postmaster of the recipient's domain, find what " +
  'happened under it for 14 days, unless there were too many refusals at once to record each.';

function listPage(before: readonly string[]): string {
  const items = Object.entries(REJECTIONS).map(
    ([code, { reply, meaning }]) =>
      `<li><a href="/reject/${code}">${code}</a> (<code>${reply}</code>): ${escapeHtml(meaning)}</li>`,
  );
  const title = 'Why mail was refused or put off';
  return pageOf(title, [`<h1>${title}</h1>`, ...before, `<p>${WHO_WE_ARE}</p>`, '<ul>', ...items, '</ul>']);
}

export function pageOf(title: string, body: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(title)}</title>`,
    `<link rel="icon" href="${assetPath('icon.svg')}">`,
    `<link rel="stylesheet" href="${assetPath('app.css')}">`,
    '</head>',
    '<body>',
    '<main class="prose">',
    ...body,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

export interface RejectionText {
  /** Codes as the sender's server heard them. */
  readonly reply: string;
  readonly meaning: string;
  /** Advice for the sender, or for the person who runs the sending server. */
  readonly sender: string;
  /** Advice for the postmaster of the recipient's domain. */
  readonly postmaster: string;
}

const BY_ITSELF = 'Nothing: your server will try again by itself.';

/** The codes of policy/decision.ts, for a sender who reads a bounce and for the postmaster of the domain. */
export const REJECTIONS: Readonly<Record<SpokenCode, RejectionText>> = {
  'BMX-USER': {
    reply: '550 5.1.1',
    meaning: 'The domain keeps a list of its mailboxes here, and this one is not on it.',
    sender:
      'Check the spelling of the address. If it is right, tell the recipient by another way, or write to postmaster at the domain, which is not refused for this.',
    postmaster:
      "Add the mailbox to the domain's User List. An empty list switches the check off; a delimiter such as + makes name+tag the same as name.",
  },
  'BMX-PRIMARY': {
    reply: '550 5.1.1',
    meaning: "The domain's own mail server was asked, and said that it has no such mailbox.",
    sender:
      'Check the spelling of the address. If it is right, ask the recipient by another way, or postmaster at the domain, which is not refused for this.',
    postmaster:
      'If the mailbox exists, find out why your server refuses it: it was asked with MAIL, RCPT and no message. Have the address forgotten here (recipientForget), or wait: the answer is kept for a limited time.',
  },
  'BMX-RELAY': {
    reply: '550 5.7.1',
    meaning: 'This server does not accept mail for that domain.',
    sender:
      'Check the spelling of the domain. If every message of yours is refused so, your own server may have been told to send all mail through this one: check its relay settings.',
    postmaster:
      "If your domain's MX records name this server, add the domain here, and prove that it is yours if you are asked to. Until then remove the record: mail is refused, not kept.",
  },
  'BMX-DNSBL': {
    reply: '550 5.7.1',
    meaning: 'The sending server stands on a blocklist that the owner of the domain has chosen to use.',
    sender:
      'The reply names the list. Look up the address of your server there, mend what it was listed for, and ask to be removed. Until then postmaster at the domain can be reached in spite of it.',
    postmaster:
      "Allow the sending server's address for the domain (dnsblAllowedClients), choose other lists, or put the list on trial (DRY_RUN): then it refuses nothing and you see what it would have refused.",
  },
  'BMX-SIZE': {
    reply: '552 5.3.4',
    meaning:
      'The message is larger than this server, or the one it would be handed over to, accepts. The reply names the limit.',
    sender: 'Send a smaller message, or a link to the attachment. Attachments grow by a third when they are encoded.',
    postmaster:
      'Raise the size limit of your own server if it is the smaller one. The limit of this server is set by its operator.',
  },
  'BMX-RANK': {
    reply: '550 5.4.6',
    meaning:
      'The MX records of the domain name this server as the most preferred one. It is only a backup: with no better server to hand the mail to, it cannot accept it.',
    sender: 'Tell the recipient by another way. Only the owner of the domain can mend this.',
    postmaster:
      "Correct your MX records: your own mail server must have a lower preference number than this one's. Or name your server as the place to deliver to in the domain's settings here.",
  },
  'BMX-LOOP': {
    reply: '554 5.4.6',
    meaning: 'The message has passed through too many servers, or through this one several times: it goes in a circle.',
    sender: 'Tell the recipient by another way. If you forward mail to this address yourself, check where that leads.',
    postmaster:
      'Somewhere a forwarding or an MX record leads back to where the mail came from. The Received lines of the returned message show the circle.',
  },
  'BMX-NULLMX': {
    reply: '556 5.1.10',
    meaning: 'The domain says in its DNS that it takes no mail at all (a "null MX", RFC 7505).',
    sender: 'Check the spelling of the domain. If it is right, write to another address of the recipient.',
    postmaster: 'If the domain should take mail, replace the MX record whose host is a single dot.',
  },
  'BMX-BYTES': {
    reply: '550 5.5.2',
    meaning:
      'The message holds a bare CR, a bare LF or a NUL, which no valid message does (RFC 5321, RFC 5322). Such bytes are used to smuggle a second message inside a first one.',
    sender: 'Tell whoever runs the sending program: every line must end with CR LF, and no octet may be zero.',
    postmaster:
      'Nothing. The operator of this server can have such line ends mended instead of refused (BARE_NEWLINES).',
  },
  'BMX-LIMIT': {
    reply: '421 4.7.0',
    meaning:
      'The sending server, or another one in its network, asked too much in a short time. It made too many connections, messages, recipients or errors, asked for too many mailboxes that do not exist, or spoke before its turn.',
    sender: `${BY_ITSELF} If this comes back, send more slowly, and take addresses that do not exist off your lists.`,
    postmaster: 'If you know the sending server, ask the operator of this one to trust its address (TRUSTED_CLIENTS).',
  },
  'BMX-LATER': {
    reply: '450 4.2.1',
    meaning:
      "At this moment no one can say whether this mailbox exists, because the domain's own server is away. Or the sending server has asked for many mailboxes that do not exist, and has to wait.",
    sender: `${BY_ITSELF} If you send to a mailing list, take dead addresses off it.`,
    postmaster:
      'Give the domain a User List, so that its mailboxes are known while your server is away, or have unknown ones accepted meanwhile (unknownWhileDown).',
  },
  'BMX-SUSPENDED': {
    reply: '450 4.2.1',
    meaning: 'Mail for the domain is suspended here for the time being.',
    sender: `${BY_ITSELF} If this lasts, reach the recipient by another way.`,
    postmaster: 'Ask the operator of this server why, and what has to be put in order.',
  },
  'BMX-DNS': {
    reply: '450 4.4.4',
    meaning: "The domain's own mail server cannot be found in the DNS at this moment.",
    sender: `${BY_ITSELF} If this lasts, reach the recipient by another way.`,
    postmaster:
      'Check that the domain is registered and its name servers answer, and that its MX records name hosts that have an address.',
  },
  'BMX-BUSY': {
    reply: '452 4.3.1',
    meaning: 'This server is receiving as much mail at once as it has room for.',
    sender: BY_ITSELF,
    postmaster: 'Nothing. If it lasts, tell the operator of this server.',
  },
  'BMX-STORE': {
    reply: '451 4.3.0, 452 4.3.1 or 421 4.3.0',
    meaning: 'This server cannot store mail at this moment, and it never says yes before mail is stored.',
    sender: BY_ITSELF,
    postmaster: 'Nothing. If it lasts, tell the operator of this server.',
  },
};
