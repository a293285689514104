/**
 * The pages that our rejection codes point to: what a refusal means and what the sender should do.
 *
 * Plain HTML without script or style from anywhere, readable in a text browser. Codes are stable; a page names no customer.
 */

interface Rejection {
  /** As the sender's server heard it. */
  readonly reply: string;
  readonly meaning: string;
  readonly advice: string;
}

const REJECTIONS: Readonly<Record<string, Rejection>> = {
  'BMX-USER': {
    reply: '550 5.1.1',
    meaning: 'The domain keeps a list of its mailboxes here, and this one is not on it.',
    advice: 'Check the spelling of the address. If it is right, tell the recipient by another way that it is missing.',
  },
  'BMX-PRIMARY': {
    reply: '550 5.1.1',
    meaning: "The domain's own mail server says that it has no such mailbox.",
    advice: 'Check the spelling of the address, or ask the recipient for the right one.',
  },
  'BMX-RELAY': {
    reply: '550 5.7.1',
    meaning: 'This server does not accept mail for that domain.',
    advice:
      "If the domain's MX records name this server, its owner has not added the domain here or has not proven it yet. " +
      'Otherwise your server was told to send through us: check its relay settings.',
  },
  'BMX-DNSBL': {
    reply: '550 5.7.1',
    meaning: 'Your server stands on a blocklist that the owner of the domain has chosen to use.',
    advice: 'The reply names the list. Ask its operators why you are on it, and to be removed.',
  },
  'BMX-SIZE': {
    reply: '552 5.3.4',
    meaning: 'The message is larger than this server accepts. The reply names the limit.',
    advice: 'Send a smaller message, or a link to the attachment. Attachments grow by a third when they are encoded.',
  },
  'BMX-RANK': {
    reply: '550 5.4.6',
    meaning:
      'The MX records of the domain name this server as the most preferred one. It is only a backup: with no better server ' +
      'to hand the mail to, it cannot accept it.',
    advice: "Tell the owner of the domain: their own mail server must have a lower preference number than this one's.",
  },
  'BMX-LOOP': {
    reply: '554 5.4.6',
    meaning: 'The message has passed through too many servers, or through this one several times: it goes in a circle.',
    advice: 'Tell the owner of the domain: somewhere a forwarding leads back to where it began.',
  },
  'BMX-NULLMX': {
    reply: '556 5.1.10',
    meaning: 'The domain says in its DNS that it takes no mail at all (RFC 7505).',
    advice: 'Check the spelling of the domain.',
  },
  'BMX-BYTES': {
    reply: '550 5.5.2',
    meaning: 'The message holds a bare CR, a bare LF or a NUL, which no valid message does (RFC 5321, RFC 5322).',
    advice:
      'Tell whoever runs the sending program: lines must end with CR LF. Such bytes are used to smuggle messages.',
  },
  'BMX-LIMIT': {
    reply: '421 4.7.0',
    meaning: 'Your server opened too many connections or sent too many messages in a short time.',
    advice: 'Nothing to do: your server will try again by itself.',
  },
  'BMX-LATER': {
    reply: '450 4.2.1',
    meaning: "At this moment nobody can say whether this mailbox exists, because the domain's own server is away.",
    advice: 'Nothing to do: your server will try again by itself.',
  },
  'BMX-SUSPENDED': {
    reply: '450 4.2.1',
    meaning: 'The domain is suspended for the time being.',
    advice: 'Nothing to do: your server will try again by itself. If this lasts, reach the recipient by another way.',
  },
  'BMX-DNS': {
    reply: '450 4.4.4',
    meaning: "The domain's own mail server cannot be found in the DNS at this moment.",
    advice: 'Nothing to do: your server will try again by itself. If this lasts, tell the owner of the domain.',
  },
  'BMX-BUSY': {
    reply: '452 4.3.1',
    meaning: 'This server is receiving as much mail at once as it has room for.',
    advice: 'Nothing to do: your server will try again by itself.',
  },
  'BMX-STORE': {
    reply: '451 4.3.0 or 452 4.3.1',
    meaning: 'This server cannot store mail at this moment, and it never says yes before mail is stored.',
    advice: 'Nothing to do: your server will try again by itself.',
  },
};

export interface RejectPage {
  readonly status: 200 | 404;
  readonly html: string;
}

/** The page of a code, in whatever case it is asked for; the list of all for none and for an unknown one. */
export function rejectPage(code: string): RejectPage {
  const known = code.toUpperCase();
  const rejection = Object.hasOwn(REJECTIONS, known) ? REJECTIONS[known] : undefined;
  if (rejection === undefined) return { status: code === '' ? 200 : 404, html: listPage() };
  const kind = rejection.reply.startsWith('4') ? 'put off for now' : 'refused';
  const body = [
    `<h1>${known}: mail ${kind}</h1>`,
    `<p>Reply <code>${rejection.reply}</code></p>`,
    `<h2>What it means</h2>`,
    `<p>${escape(rejection.meaning)}</p>`,
    `<h2>What to do</h2>`,
    `<p>${escape(rejection.advice)}</p>`,
    `<p><a href="/reject/">All codes</a></p>`,
  ];
  return { status: 200, html: pageOf(`${known}: mail ${kind}`, body) };
}

function listPage(): string {
  const items = Object.entries(REJECTIONS).map(
    ([code, { reply, meaning }]) =>
      `<li><a href="/reject/${code}">${code}</a> (<code>${reply}</code>): ${escape(meaning)}</li>`,
  );
  return pageOf('Why mail was refused', ['<h1>Why mail was refused</h1>', '<ul>', ...items, '</ul>']);
}

function pageOf(title: string, body: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escape(title)}</title>`,
    '</head>',
    '<body>',
    ...body,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
