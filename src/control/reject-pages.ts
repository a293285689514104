/**
 * The pages that our rejection codes point to: what happened, what the sender should do, what the recipient's postmaster can.
 *
 * Plain HTML without script or style from anywhere, readable in a text browser and by somebody who never heard of us. Codes
 * are stable; a page names no customer. The words of each code stand in reject-texts.ts.
 */
import { REJECTIONS, type RejectionText } from './reject-texts.ts';

export interface RejectPage {
  readonly status: 200 | 404;
  readonly html: string;
}

const WHO_WE_ARE =
  'This is a backup mail server. It takes mail for domains whose own mail server cannot be reached, keeps it, and hands it ' +
  'over when that server is back.';

/** The page of a code, in whatever case it is asked for; the list of all for none and for an unknown one. */
export function rejectPage(code: string): RejectPage {
  const known = code.toUpperCase();
  const text = Object.hasOwn(REJECTIONS, known) ? REJECTIONS[known] : undefined;
  if (text !== undefined) return { status: 200, html: codePage(known, text) };
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
    `<p>${escape(meaning)}</p>`,
    `<p>${isTemporary ? PUT_OFF : REFUSED} The reply was <code>${reply}</code>.</p>`,
    '<h2>What the sender should do</h2>',
    `<p>${escape(sender)}</p>`,
    "<h2>What the recipient's postmaster can do</h2>",
    `<p>${escape(postmaster)}</p>`,
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
      `<li><a href="/reject/${code}">${code}</a> (<code>${reply}</code>): ${escape(meaning)}</li>`,
  );
  const title = 'Why mail was refused or put off';
  return pageOf(title, [`<h1>${title}</h1>`, ...before, `<p>${WHO_WE_ARE}</p>`, '<ul>', ...items, '</ul>']);
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
