/** `backup-mx plan` and `backup-mx apply`: domains as a file says they should be. */
import type { DomainsApplyPayload } from '../../control/generated.ts';
import { ClientError } from '../api/connection.ts';
import { mutate, type Selected, type UserError } from '../api/requests.ts';
import type { Call, Shown, SingleVerb } from './action.ts';
import { readFileOrInput } from './call.ts';
import { confirm } from './confirm.ts';
import type { Manifest } from './manifest.ts';
import { camelCase, sgr, textOf } from './table.ts';
import { CHANGES, DONE, mayStyle } from './terminal.ts';

const DEFAULT_FILE = 'backup-mx.yaml';

const PLAN = 'plan { name action changes differences { field before after } }';
type Step = NonNullable<Selected<DomainsApplyPayload, typeof PLAN>['plan']>[number];

async function readManifestOf(call: Call): Promise<Manifest> {
  // Other verbs need no parser of YAML.
  const { readManifest } = await import('./manifest.ts');
  const file = call.text('file') ?? DEFAULT_FILE;
  const read = readManifest(await readFileOrInput(call, file), file);
  if (read.kind === 'OK') return read.manifest;
  throw new ClientError(read.lines.join('\nbackup-mx: '));
}

async function run(call: Call, dryRun: boolean): Promise<Shown> {
  const manifest = await readManifestOf(call);
  const input = {
    ...manifest,
    adopt: call.isSet('adopt'),
    prune: call.isSet('prune'),
    held: call.text('held') ?? null,
    dryRun,
  };
  if (!dryRun && input.prune) await confirmRemovals(call, input);
  const answer = await mutate(call, 'domainsApply', input, PLAN);
  if (answer.kind === 'REFUSED') {
    return { kind: 'REFUSED', errors: answer.errors.map((error) => named(error, manifest)) };
  }
  const plan = answer.payload.plan ?? [];
  const hasChanges = plan.some(({ action }) => action !== 'KEEP');
  return {
    kind: 'LINE',
    line: linesOf(plan, dryRun, mayStyle(call.terminal)).join('\n'),
    data: { plan },
    exitCode: hasChanges && call.isSet('detailed-exitcode') ? CHANGES : DONE,
  };
}

/** Asks when domains would be removed; what the service refuses is left to the request itself. */
async function confirmRemovals(call: Call, input: Readonly<Record<string, unknown>>): Promise<void> {
  if (call.isSet('yes')) return;
  const planned = await mutate(call, 'domainsApply', { ...input, dryRun: true }, 'plan { name action }');
  const removed =
    planned.kind === 'REFUSED' ? [] : (planned.payload.plan ?? []).filter(({ action }) => action === 'DELETE');
  if (removed.length === 0) return;
  await confirm(call, async () => {
    const names = removed.slice(0, 20).map(({ name }) => textOf(name));
    return `This removes ${removed.length} domains: ${names.join(', ')}${removed.length > names.length ? ', …' : ''}.`;
  });
}

/** An error that names an entry by its number also names the domain. */
function named(error: UserError, { domains }: Manifest): UserError {
  const [first, index] = error.path;
  const name = first === 'domains' ? domains[Number(index)]?.['name'] : undefined;
  return typeof name === 'string' ? { ...error, path: [textOf(name), ...error.path.slice(2)] } : error;
}

const SIGNS = { CREATE: '+', UPDATE: '~', DELETE: '-', KEEP: ' ' } as const;
/** Green, yellow, red, as Terraform has them. */
const COLOURS = { CREATE: 32, UPDATE: 33, DELETE: 31, KEEP: 0 } as const;
/** The text for a field that is not set. */
const UNSET: Readonly<Record<string, string>> = { deliverTo: '(MX)', recipientList: '(off)' };

function linesOfStep({ name, action, differences }: Step, isStyled: boolean): string[] {
  const sign = isStyled ? sgr(COLOURS[action], SIGNS[action]) : SIGNS[action];
  const changes = differences.map(({ field, before, after }) => {
    const setting = camelCase(field);
    const shown = (value: string | null): string => (value === null ? (UNSET[setting] ?? '(none)') : textOf(value));
    return `  ${sign} ${setting}: ${action === 'CREATE' ? '' : `${shown(before)} → `}${shown(after)}`;
  });
  return [`${sign} ${textOf(name)}`, ...changes];
}

function linesOf(plan: readonly Step[], dryRun: boolean, isStyled: boolean): string[] {
  const steps = plan.filter(({ action }) => action !== 'KEEP').flatMap((step) => linesOfStep(step, isStyled));
  const count = (action: Step['action']): number => plan.filter((step) => step.action === action).length;
  const sum = `${count('CREATE')} to add, ${count('UPDATE')} to change, ${count('DELETE')} to remove, ${count('KEEP')} unchanged`;
  return [
    ...steps,
    dryRun
      ? `Plan: ${sum}.`
      : `Done: ${sum.replaceAll(' to add', ' added').replaceAll(' to change', ' changed').replaceAll(' to remove', ' removed')}.`,
  ];
}

const USAGE = '[-f|--file FILE|-] [--prune] [--adopt] [--held END]';

export const planVerb: SingleVerb = {
  verb: 'plan',
  usage: `${USAGE} [--detailed-exitcode]`,
  says: `Shows the changes that make domains match a file (default ${DEFAULT_FILE}). With --detailed-exitcode 0: no changes, 1: failed, 2: changes.`,
  example: 'backup-mx plan -f examples/backup-mx.yaml',
  mutations: ['domainsApply'],
  run: (call) => run(call, true),
};

export const applyVerb: SingleVerb = {
  verb: 'apply',
  usage: `${USAGE} [--yes]`,
  says: 'Makes domains match a file, all or nothing, and shows what was done.',
  example: 'backup-mx apply -f examples/backup-mx.yaml',
  mutations: ['domainsApply'],
  run: (call) => run(call, false),
};
