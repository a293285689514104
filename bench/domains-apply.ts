/**
 * `domains-apply`: 1,000 domains, as `backup-mx apply` brings them, by one domainsApply: planned, made, changed, found as they should be;
 * and the same 1,000 by domainCreate, one after the other, as a script would.
 */
import type { Service } from '../test/helpers/service.ts';
import { median, type Report, spread } from './report.ts';
import { makeBenchFolder, startOurs } from './sides.ts';

const DOMAINS = 1_000;
const RUNS = 3;
const TARGET_SECONDS = 5;

interface Applied {
  readonly domainsApply: {
    readonly plan: readonly { readonly action: string }[] | null;
    readonly userErrors: readonly { readonly message: string }[];
  };
}

/** As a customer's file has them: a route, labels, a few mailboxes. */
const described = (run: number, label: string) =>
  Array.from({ length: DOMAINS }, (_, number) => ({
    name: `r${run}n${number}.example`,
    deliverTo: [{ host: `mail${number}.elsewhere.example`, port: 25 }],
    labels: [
      { key: 'customer', value: `c${number % 50}` },
      { key: 'state', value: label },
    ],
    recipientList: ['postmaster', 'info', 'sales', `user${number}`],
  }));

type Described = ReturnType<typeof described>;

async function apply(
  service: Service,
  { domains, dryRun, action }: { readonly domains: Described; readonly dryRun: boolean; readonly action: string },
): Promise<number> {
  const startedAtMs = performance.now();
  const { domainsApply } = await service.graphql<Applied>(
    'mutation ($input: DomainsApplyInput!) { domainsApply(input: $input) { plan { action } userErrors { message } } }',
    { input: { domains, owner: { key: 'managed-by', value: 'bench' }, dryRun } },
  );
  const seconds = (performance.now() - startedAtMs) / 1000;
  const { plan, userErrors } = domainsApply;
  const done = plan?.filter((each) => each.action === action).length;
  if (done !== DOMAINS)
    throw new Error(`${done} of ${DOMAINS} to ${action}: ${JSON.stringify(userErrors.slice(0, 3))}`);
  return seconds;
}

async function createEach(service: Service, domains: Described): Promise<number> {
  const startedAtMs = performance.now();
  for (const input of domains) {
    const { domainCreate } = await service.graphql<{ domainCreate: { userErrors: readonly unknown[] } }>(
      'mutation ($input: DomainCreateInput!) { domainCreate(input: $input) { domain { id } userErrors { message } } }',
      { input },
    );
    if (domainCreate.userErrors.length > 0) throw new Error(JSON.stringify(domainCreate.userErrors));
  }
  return (performance.now() - startedAtMs) / 1000;
}

export async function runDomainsApply(): Promise<Report> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  try {
    const seconds = {
      'domainsApply, planned (dryRun)': [] as number[],
      'domainsApply, made': [] as number[],
      'domainsApply, all changed': [] as number[],
      'domainsApply, nothing to do': [] as number[],
      '1,000 × domainCreate': [] as number[],
    };
    for (let run = 0; run < RUNS; run += 1) {
      const [first, later] = [described(run, 'first'), described(run, 'later')];
      seconds['domainsApply, planned (dryRun)'].push(
        await apply(service, { domains: first, dryRun: true, action: 'CREATE' }),
      );
      seconds['domainsApply, made'].push(await apply(service, { domains: first, dryRun: false, action: 'CREATE' }));
      seconds['domainsApply, all changed'].push(
        await apply(service, { domains: later, dryRun: false, action: 'UPDATE' }),
      );
      seconds['domainsApply, nothing to do'].push(
        await apply(service, { domains: later, dryRun: false, action: 'KEEP' }),
      );
      seconds['1,000 × domainCreate'].push(await createEach(service, described(RUNS + run, 'single')));
    }
    const created = median(seconds['1,000 × domainCreate']);
    return {
      head: ['1,000 domains by', 's', 'times faster than domainCreate'],
      rows: Object.entries(seconds).map(([name, times]) => [
        name,
        spread(times, 2),
        (created / median(times)).toFixed(1),
      ]),
      verdicts: Object.entries(seconds)
        .filter(([name]) => name.startsWith('domainsApply'))
        .map(([name, times]) => ({ name, value: median(times), comparison: '<', target: TARGET_SECONDS, unit: ' s' })),
      notes: ['each with a route, two labels and four recipients; the operator token over HTTP'],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}
