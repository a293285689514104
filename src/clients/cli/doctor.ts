/** `backup-mx doctor`: has the service look at a domain now, and shows what is wrong and what to do. */
import { mutate } from '../api/requests.ts';
import { type Action, type Call, type Shown, verbOfAction } from './action.ts';
import { shown } from './call.ts';
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

type Payload = { readonly domain: { readonly name: string; readonly doctor: Report | null } | null };

async function check(call: Call): Promise<Shown> {
  const input = { name: call.args[0] };
  return shown(await mutate<Payload>(call, 'domainCheck', input, FIELDS), ({ domain }) =>
    domain?.doctor == null
      ? { kind: 'LINE', line: 'no report yet: it is being made', data: null, exitCode: FAILED }
      : shownOf(domain.name, domain.doctor, call.isSet('all')),
  );
}

function shownOf(name: string, report: Report, isAll: boolean): Shown {
  const { at, status, findings } = report;
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
      ['examined', at],
      ['status', status],
      ['checks', `${findings.length}, ${findings.filter(({ verdict }) => verdict === 'OK').length} of them OK`],
    ],
    ...(rows.length === 0
      ? {}
      : { table: { columns: [{ title: 'VERDICT', colours: COLOURS }, 'CODE', 'EVIDENCE', 'WHAT TO DO'], rows } }),
    data: report,
    exitCode: status === 'PROBLEM' ? FAILED : DONE,
  };
}

const doctorAction: Action = {
  usage: 'DOMAIN [--all]',
  says: 'Examines a domain and its primary; --all also shows checks that are OK. Exit code 1: a problem was found.',
  example: 'backup-mx doctor example.org',
  argCount: 1,
  options: { all: 'FLAG' },
  run: check,
};

export const doctorVerb = verbOfAction('doctor', doctorAction);
