/** The forms that write our MX records into the zone of a domain, by a dynamic update (RFC 2136), or take them out. */
import { asking, again, type Form, type FormRequest, type FormResult, keyIn, resultOf } from './form.ts';
import { setMxMutation, type SetMxMutation, type TsigAlgorithm, unsetMxMutation } from './operations/generated.ts';

const mxPage = ([name = '']: readonly string[]): string => `/d/${encodeURIComponent(name)}/mx`;

export const MX_FORMS: readonly Form[] = [
  {
    pattern: /^\/d\/([^/]+)\/mx\/set-mx$/,
    verb: 'set-mx',
    done: 'Our records are in the zone.',
    page: mxPage,
    submit: (request, [name = '']) => change(request, name, true),
  },
  {
    pattern: /^\/d\/([^/]+)\/mx\/unset-mx$/,
    verb: 'unset-mx',
    done: 'Our records are out of the zone.',
    page: mxPage,
    submit: (request, [name = '']) => change(request, name, false),
  },
];

/** Fields of the forms by fields of the API. */
const NAMES = {
  'dnsServer.host': 'server',
  'dnsServer.port': 'port',
  dnsServer: 'server',
  'tsig.keyName': 'keyName',
  'tsig.secret': 'secret',
  tsig: 'secret',
  preference: 'preference',
};

type Records = SetMxMutation['domainSetMx']['records'];

const CHANGES = { ADD: '+', KEEP: ' ', REMOVE: '−' } as const;

/** The change is shown first, for which no key is needed. The key is not kept, and not shown again. */
async function change({ ask, fields }: FormRequest, name: string, isSet: boolean): Promise<FormResult> {
  const text = (field: string): string => (fields.get(field) ?? '').trim();
  const [server, preference, keyName, secret] = [text('server'), text('preference'), text('keyName'), text('secret')];
  if (preference !== '' && !/^\d{1,5}$/.test(preference))
    return again('preference', 'A number up to 65535, or nothing.');
  const port = Number(text('port') || 53);
  const place = { name, dnsServer: server === '' ? null : { host: server, port } };
  const wanted = isSet ? { ...place, preference: preference === '' ? null : Number(preference) } : place;
  const run = async (more: object): Promise<{ readonly result: FormResult; readonly records: Records }> => {
    if (isSet) {
      const asked = await ask(setMxMutation, { input: { ...wanted, ...more } });
      const records = asked.kind === 'DATA' ? asked.data.domainSetMx.records : [];
      return { result: resultOf(asked, (data) => data.domainSetMx, NAMES), records };
    }
    const asked = await ask(unsetMxMutation, { input: { ...wanted, ...more } });
    const records = asked.kind === 'DATA' ? asked.data.domainUnsetMx.records : [];
    return { result: resultOf(asked, (data) => data.domainUnsetMx, NAMES), records };
  };
  const { result, records } = await run({ dryRun: true });
  if (result.kind !== 'DONE') return result;
  const lines = records.map(({ preference: number, host, change: kind }) => `${CHANGES[kind]} MX ${number} ${host}`);
  const sure = lines.join('\n');
  if (records.every(({ change: kind }) => kind === 'KEEP'))
    return again('', 'Nothing has to change: the zone is as it should be.');
  if (fields.get('sure') !== sure) return asking(`The zone would have: ${lines.join('; ')}.`, { sure });
  if (keyName === '' || secret === '')
    return again(keyName === '' ? 'keyName' : 'secret', 'The zone takes a change only with its key.');
  const algorithm = (text('algorithm') || 'HMAC_SHA256') as TsigAlgorithm;
  return (await run({ tsig: { keyName, algorithm, secret }, ...keyIn(fields) })).result;
}
