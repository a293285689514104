/** `backup-mx doctor`: has the service look at a domain now, and shows what is wrong and what to do. */
import { type Action, type Call, type Shown, verbOfAction } from './action.ts';
import { mutate } from '../api/mutation.ts';
import { DONE, FAILED } from './terminal.ts';

interface Report {
  readonly at: string;
  readonly status: string;
  readonly findings: readonly {
    readonly code: string;
    readonly verdict: string;
    readonly title: string;
    readonly evidence: readonly { readonly asked: string; readonly answered: string }[];
    readonly advice: string | null;
  }[];
}

const FIELDS =
  'domain { name doctor { at status findings { code verdict title evidence { asked answered } advice } } }';
/** SGR: green, yellow, red, cyan. */
const COLOURS = { OK: 32, WARNING: 33, PROBLEM: 31, UNKNOWN: 36 } as const;

async function check(call: Call): Promise<Shown> {
  const answer = await mutate<{ domain: { name: string; doctor: Report | null } | null }>(
    call,
    'domainCheck',
    { name: call.args[0] },
    FIELDS,
  );
  if (answer.kind === 'REFUSED') return answer;
  const report = answer.payload.domain?.doctor;
  if (report == null) return { kind: 'LINE', line: 'no report yet: it is being made', data: null, exitCode: FAILED };
  const { at, status, findings } = report;
  const told = findings.filter(({ verdict }) => call.isSet('all') || verdict !== 'OK');
  return {
    kind: 'FACTS',
    facts: [
      ['domain', answer.payload.domain?.name],
      ['looked at', at],
      ['status', status],
      ['checks', `${findings.length}, ${findings.filter(({ verdict }) => verdict === 'OK').length} of them well`],
    ],
    ...(told.length === 0
      ? {}
      : {
          table: {
            columns: [
              { title: 'VERDICT', colours: COLOURS },
              { title: 'CODE' },
              { title: 'EVIDENCE' },
              { title: 'WHAT TO DO' },
            ],
            rows: told.map(({ verdict, code, evidence, advice }) => [
              verdict,
              code,
              evidence.map(({ asked, answered }) => `${asked}: ${answered}`).join('; '),
              advice,
            ]),
          },
        }),
    data: report,
    exitCode: status === 'PROBLEM' ? FAILED : DONE,
  };
}

export const doctorAction: Action = {
  usage: 'DOMAIN [--all]',
  says: 'Looks at a domain and its primary; --all also shows what is well. Exit code 1: a problem was found.',
  example: 'backup-mx doctor example.org',
  argCount: { least: 1, most: 1 },
  options: { all: 'FLAG' },
  run: check,
};

export const doctorVerb = verbOfAction('doctor', doctorAction);
