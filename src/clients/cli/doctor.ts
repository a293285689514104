/** `backup-mx doctor`: a domain and its primary are examined by questions. */
import type { DoctorReport } from '../../control/generated.ts';
import { mutate, type Selected } from '../api/requests.ts';
import type { Call, Shown, SingleVerb } from './action.ts';
import { shown } from './call.ts';
import { text } from './table.ts';
import { DONE, FAILED } from './terminal.ts';

const REPORT = 'at verdict findings { code verdict title evidence { asked answered } advice }';
/** SGR: green, yellow, red, cyan. */
const COLOURS = { OK: 32, WARNING: 33, PROBLEM: 31, UNKNOWN: 36 } as const;

async function examine(call: Call): Promise<Shown> {
  const input = { name: call.args[0] };
  return shown(await mutate(call, 'domainCheck', input, `domain { name doctor { ${REPORT} } }`), ({ domain }) =>
    domain?.doctor == null
      ? { kind: 'LINE', line: 'no report yet: it is being made', data: null, exitCode: FAILED }
      : shownReport(call, domain.name, domain.doctor),
  );
}

function shownReport(call: Call, name: string, report: Selected<DoctorReport, typeof REPORT>): Shown {
  const isAll = call.isSet('all');
  const { at, verdict, findings } = report;
  const listed = findings.filter(({ verdict }) => isAll || verdict !== 'OK');
  const rows = listed.map(({ verdict, code, evidence, advice }) => [
    verdict,
    code,
    evidence.map(({ asked, answered }) => `${asked}: ${answered}`).join('; '),
    advice,
  ]);
  return {
    kind: 'FACTS',
    facts: [
      ['domain', name],
      ['examined', call.time(at)],
      ['verdict', verdict],
      ['checks', `${findings.length}, ${findings.filter(({ verdict }) => verdict === 'OK').length} of them OK`],
    ],
    ...(rows.length === 0
      ? {}
      : {
          table: {
            columns: [{ title: 'VERDICT', colours: COLOURS }, 'CODE', text('EVIDENCE'), text('WHAT TO DO')],
            rows,
          },
        }),
    data: report,
    exitCode: verdict === 'PROBLEM' ? FAILED : DONE,
  };
}

export const doctorVerb: SingleVerb = {
  verb: 'doctor',
  usage: 'DOMAIN [--all]',
  says: 'Examines a domain and its primary; --all also shows checks that are OK. Exit code 1: a problem was found.',
  example: 'backup-mx doctor example.org',
  mutations: ['domainCheck'],
  run: examine,
};
