/**
 * `terraform`: 200 domains by the Terraform provider as it is built, on Node: made, and a plan with nothing to do. Once with a client
 * that acts as Terraform does, ten requests at a time, which is what the provider and the service take; and under the real
 * Terraform where it is on PATH.
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { findProgram, runOrThrow } from '../test/helpers/child.ts';
import type { Service } from '../test/helpers/service.ts';
import { type Configuration, createTerraform } from '../test/helpers/terraform-core.ts';
import { startPlugin } from '../test/helpers/terraform-plugin.ts';
import { findDatabase } from './database.ts';
import { readEndedChildrenCpuSeconds, readTreeCpuSeconds } from './processes.ts';
import { median, type Report, spread } from './report.ts';
import { makeBenchFolder, startOurs } from './sides.ts';

const ROOT = join(import.meta.dirname, '..');
const DOMAINS = 200;
const RUNS = 3;
const APPLY_SECONDS = 10;
const PLAN_SECONDS = 5;

interface Times {
  readonly apply: number[];
  readonly plan: number[];
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return (performance.now() - startedAtMs) / 1000;
}

const environment = ({ httpUrl, token }: Service) => ({ BACKUP_MX_URL: httpUrl, BACKUP_MX_TOKEN: token });

/** Terraform starts the provider in each phase; so do we. */
async function byClient(service: Service, file: string, { apply, plan }: Times, run: number): Promise<void> {
  const configuration: Configuration = Object.fromEntries(
    Array.from({ length: DOMAINS }, (_, index) => [
      `backupmx_domain.n${index}`,
      { type: 'backupmx_domain', config: { name: `c${run}n${index}.example`, labels: { run: String(run) } } },
    ]),
  );
  let state: Awaited<ReturnType<typeof createTerraform>>['state'] = new Map();
  const phase = async (wanted: Configuration, isNoOp: boolean) => {
    const plugin = await startPlugin({ command: [file], env: environment(service) });
    const terraform = await createTerraform(plugin);
    for (const [address, instance] of state) terraform.state.set(address, instance);
    const { changes } = await terraform.applyAll(wanted);
    if (isNoOp && changes.some(({ action }) => action !== 'NO_OP')) throw new Error('a plan with something to do');
    state = terraform.state;
    await plugin.shutdown();
  };
  apply.push(await seconds(() => phase(configuration, false)));
  plan.push(await seconds(() => phase(configuration, true)));
  await phase({}, false);
}

/** Whose processor time it was, in seconds. */
type Split = Record<'terraform' | 'provider' | 'service' | 'postgres', number>;

/** How much of the processor each had of some work. The provider says it itself as it ends: Terraform starts it several times. */
async function splitOf(service: Service, usage: string, work: () => Promise<unknown>): Promise<Split> {
  const { postmasterPid } = await findDatabase(service.dataDir);
  const read = () => [service.pid, postmasterPid].map(readTreeCpuSeconds);
  await writeFile(usage, '');
  const [before, endedBefore] = [read(), readEndedChildrenCpuSeconds(process.pid)];
  await work();
  const ended = readEndedChildrenCpuSeconds(process.pid) - endedBefore;
  const [ours = 0, postgres = 0] = read().map((seconds, index) => seconds - (before[index] ?? 0));
  const lines = (await readFile(usage, 'utf8')).trim().split('\n');
  const provider = lines.reduce((sum, line) => sum + Number(line), 0);
  return { terraform: ended - provider, provider, service: ours, postgres };
}

async function byTerraform(
  service: Service,
  folder: string,
  { apply, plan, splits }: Times & { readonly splits: Record<'apply' | 'plan', Split[]> },
  run: number,
): Promise<void> {
  const { PATH = '', HOME = '/' } = process.env;
  const [usage, hook] = [join(folder, 'usage'), join(folder, 'usage.cjs')];
  await writeFile(
    hook,
    `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  require('node:fs').appendFileSync(${JSON.stringify(usage)}, (user + system) / 1e6 + '\\n');
});
`,
  );
  const env = {
    PATH,
    HOME,
    TF_CLI_CONFIG_FILE: '/dev/null',
    CHECKPOINT_DISABLE: '1',
    NODE_OPTIONS: `--require ${hook}`,
    ...environment(service),
  };
  const terraform = (...args: string[]) => runOrThrow('terraform', args, { cwd: folder, env, timeoutMs: 120_000 });
  await writeFile(
    join(folder, 'main.tf'),
    `terraform {
  required_providers {
    backupmx = { source = "backupmx/backupmx" }
  }
}
resource "backupmx_domain" "many" {
  for_each = toset([for n in range(${DOMAINS}) : "t${run}n\${n}.example"])
  name     = each.key
  labels   = { run = "${run}" }
}
`,
  );
  await terraform('init');
  const measure = async (kind: 'apply' | 'plan', times: number[], ...args: string[]) => {
    splits[kind].push(await splitOf(service, usage, async () => times.push(await seconds(() => terraform(...args)))));
  };
  await measure('apply', apply, 'apply', '-auto-approve');
  // Ends with 2, and so throws, when there is something to do.
  await measure('plan', plan, 'plan', '-detailed-exitcode');
  await terraform('destroy', '-auto-approve');
}

function splitNote([kind, splits]: [string, readonly Split[]]): string {
  const parts = (['terraform', 'provider', 'service', 'postgres'] as const).map(
    (part) =>
      `${part} ${spread(
        splits.map((split) => split[part]),
        2,
      )}`,
  );
  return `CPU seconds of the real Terraform's ${kind}: ${parts.join(', ')}`;
}

export async function runTerraform(): Promise<Report> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  const [client, terraform]: [Times, Times] = [
    { apply: [], plan: [] },
    { apply: [], plan: [] },
  ];
  const splits: Record<'apply' | 'plan', Split[]> = { apply: [], plan: [] };
  const hasTerraform = findProgram('terraform') !== null;
  try {
    const built = join(folder.path, 'built');
    const { stdout } = await runOrThrow('npm', ['run', '--silent', 'terraform:build', '--', built], { cwd: ROOT });
    for (let run = 0; run < RUNS; run += 1) {
      await byClient(service, stdout.toString().trim(), client, run);
      if (!hasTerraform) continue;
      const place = join(folder.path, `run${run}`);
      await mkdir(place);
      await cp(join(built, 'terraform.d'), join(place, 'terraform.d'), { recursive: true });
      await byTerraform(service, place, { ...terraform, splits }, run);
    }
    const rows: [string, Times][] = [
      ['a client that acts as Terraform', client],
      ...(hasTerraform ? [['the real Terraform', terraform] as [string, Times]] : []),
    ];
    return {
      head: [`${DOMAINS} domains by`, 'applied, s', 'plan with nothing to do, s'],
      rows: rows.map(([name, { apply, plan }]) => [name, spread(apply, 2), spread(plan, 2)]),
      verdicts: rows.flatMap(([name, { apply, plan }]) => [
        { name: `${name}, apply`, value: median(apply), comparison: '<' as const, target: APPLY_SECONDS, unit: ' s' },
        { name: `${name}, plan`, value: median(plan), comparison: '<' as const, target: PLAN_SECONDS, unit: ' s' },
      ]),
      notes: [
        'the provider on Node, started in each phase; ten requests at a time; the service beside it',
        ...(hasTerraform ? Object.entries(splits).map(splitNote) : ['terraform is not on PATH']),
      ],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}
