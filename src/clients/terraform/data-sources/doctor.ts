/** `backupmx_doctor`: what the doctor says of a domain, for conditions and outputs. */
import type { Api } from '../api.ts';
import { findDomain } from '../resources/domain.ts';
import { checkDomainName } from '../resources/words.ts';
import type { DataSource } from '../sdk/resource.ts';
import { textOf } from '../sdk/value.ts';

interface Finding {
  readonly code: string;
  readonly verdict: string;
  readonly advice: string | null;
}

interface Domain {
  readonly doctor: { readonly at: string; readonly status: string; readonly findings: readonly Finding[] } | null;
}

const FIELDS = 'doctor { at status findings { code verdict advice } }';

export const doctorSource: DataSource<Api> = {
  description:
    'The last report of the MX doctor on a domain. The doctor runs once a day, and after `npx backup-mx doctor`. Reading it connects to no primary.',
  example: `data "backupmx_doctor" "example" {
  name = "example.org"
}

check "mx" {
  assert {
    condition     = length(data.backupmx_doctor.example.problems) == 0
    error_message = join(" ", [for code in data.backupmx_doctor.example.problems : data.backupmx_doctor.example.advice[code]])
  }
}`,
  attributes: {
    name: { type: 'string', use: 'REQUIRED', check: checkDomainName, description: 'The name: `example.org`.' },
    at: {
      type: 'string',
      use: 'COMPUTED',
      description:
        'The time of the examination, RFC 3339. Null before the first; then `status` is null too, and the rest is empty.',
    },
    status: {
      type: 'string',
      use: 'COMPUTED',
      description: 'The worst verdict of its findings: `OK`, `UNKNOWN`, `WARNING` or `PROBLEM`.',
    },
    problems: {
      type: ['list', 'string'],
      use: 'COMPUTED',
      description: 'Codes of the checks that found a problem; docs/doctor.md explains each.',
    },
    verdicts: { type: ['map', 'string'], use: 'COMPUTED', description: 'The verdict of each check, by its code.' },
    advice: {
      type: ['map', 'string'],
      use: 'COMPUTED',
      description: 'The advice, by the code of the check, if there is something to do.',
    },
  },
  async read(api, { name = null }) {
    const domain = await findDomain<Domain>(api, textOf(name) ?? '', FIELDS);
    if (domain === null) return null;
    // Empty and not null, which length() and values() would refuse: a domain that was just made must not fail the apply.
    const { at, status, findings } = domain.doctor ?? { at: null, status: null, findings: [] };
    return {
      at,
      status,
      problems: findings.filter(({ verdict }) => verdict === 'PROBLEM').map(({ code }) => code),
      verdicts: Object.fromEntries(findings.map(({ code, verdict }) => [code, verdict])),
      advice: Object.fromEntries(findings.flatMap(({ code, advice }) => (advice === null ? [] : [[code, advice]]))),
    };
  },
};
