/** The form on the page of refusals: what was refused is allowed from now on. */
import { again, type Form, type FormRequest, type FormResult, keyIn, resultOf } from './form.ts';
import { allowMutation, type RefusalQuery, refusalQuery } from './operations/generated.ts';

export type AllowableRefusal = RefusalQuery['rejections']['nodes'][number];

export const REFUSAL_FORMS: readonly Form[] = [
  {
    pattern: /^\/refusals\/([^/]+)\/allow$/,
    verb: 'allow',
    done: 'It is allowed from now on. What was refused before has to be sent again.',
    page: () => '/refusals',
    submit: allow,
  },
];

/** The change that allowing it would make. Null: only its reason can be mended. */
export function allowText({ code, clientAddress, recipient, domain }: AllowableRefusal): string | null {
  if (domain === null) return null;
  if (code === 'BMX_DNSBL' && clientAddress !== null)
    return `No DNS list would keep ${clientAddress} from sending mail to ${domain.name} any more.`;
  if (code === 'BMX_USER' && recipient !== null)
    return `The User List of ${domain.name} would get one more mailbox: ${recipient}.`;
  return null;
}

/** The change is shown first, and made when the form comes again for the same refusal. */
async function allow({ ask, fields }: FormRequest, [id = '']: readonly string[]): Promise<FormResult> {
  if (fields.get('sure') === id)
    return resultOf(await ask(allowMutation, { input: { id, ...keyIn(fields) } }), (data) => data.rejectionAllow);
  const asked = await ask(refusalQuery, { id });
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const refusal = asked.data.rejections.nodes[0];
  if (refusal === undefined) return again('', 'There is no such refusal. They are kept for 14 days.');
  const text = allowText(refusal);
  if (text === null) return again('', 'Only a refusal by a DNS list or by the User List can be allowed here.');
  return { kind: 'AGAIN', errors: new Map(), question: { text, fields: { sure: id } } };
}
