/** docs/coverage.md: each mutation of the API with its verb of `backup-mx`, each setting of a domain with its option and its Terraform attribute. */
import type { GraphQLSchema } from 'graphql';
import type { Action, LocalAction } from '../src/clients/cli/action.ts';
import { type DomainSetting, SETTINGS } from '../src/clients/cli/domain-settings.ts';
import { VERBS } from '../src/clients/cli/verbs.ts';
import { createProvider } from '../src/clients/terraform/provider.ts';

/** Fields of DomainUpdateInput that are no settings. */
const NO_SETTINGS: readonly string[] = ['name', 'expectedRevision', 'dryRun', 'idempotencyKey'];

/** Settings whose attribute of `backupmx_domain` is another word, or that have a resource of their own. */
const TERRAFORM: Readonly<Partial<Record<DomainSetting, string>>> = {
  hasCallAheads: 'call_aheads',
  dnsblZones: 'backupmx_dnsbl',
  dnswlZones: 'backupmx_dnswl',
  hasDelayReports: 'delay_reports',
};

/** Mutation → the commands that request it. */
export async function verbsOfMutations(): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  const note = (command: string, action: Action | LocalAction): void => {
    if ('runLocally' in action) return;
    for (const mutation of action.mutations ?? []) found.set(mutation, [...(found.get(mutation) ?? []), command]);
  };
  for (const load of Object.values(VERBS)) {
    const verb = await load();
    if ('actions' in verb)
      for (const [name, action] of Object.entries(verb.actions)) note(`${verb.verb} ${name}`, action);
    else note(verb.verb, verb);
  }
  return found;
}

/** The names of all mutations of the schema. */
export function mutationsOf(schema: GraphQLSchema): readonly string[] {
  return Object.keys(schema.getMutationType()?.getFields() ?? {});
}

/** The settings that the schema has. */
export function settingsOf(schema: GraphQLSchema): readonly string[] {
  const input = schema.getType('DomainUpdateInput');
  const fields = input !== undefined && 'getFields' in input ? Object.keys(input.getFields()) : [];
  return fields.filter((field) => !NO_SETTINGS.includes(field));
}

export async function coveragePage(schema: GraphQLSchema): Promise<string> {
  const verbs = await verbsOfMutations();
  const code = (text: string): string => `\`${text}\``;
  const mutations = mutationsOf(schema).map(
    (mutation) => `| ${code(mutation)} | ${(verbs.get(mutation) ?? []).map(code).join(', ')} |`,
  );
  const options: Readonly<Record<string, { readonly option: string }>> = SETTINGS;
  const settings = settingsOf(schema).map((setting) => {
    const option = options[setting]?.option;
    const place = terraformOf(setting);
    return `| ${code(setting)} | ${option === undefined ? '' : code(`--${option}`)} | ${place === null ? '' : code(place)} |`;
  });
  return [
    '# What the clients can do',
    '<!-- Made by `npm run generate` (bin/coverage.ts). -->',
    'Each mutation of the API, with the command that requests it:',
    ['| mutation | `backup-mx` |', '|---|---|', ...mutations].join('\n'),
    'Each setting of a domain, with its option of `domain create` and `domain set`. Then its attribute of\n`backupmx_domain` in Terraform, or the resource that has it:',
    ['| setting | option | Terraform |', '|---|---|---|', ...settings].join('\n'),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** The attribute of `backupmx_domain` for a setting, or the resource that has it; null if neither is there. */
export function terraformOf(setting: string): string | null {
  const { resources } = createProvider({ env: {}, stopping: new AbortController(), now: () => new Date() });
  const word = TERRAFORM[setting as DomainSetting] ?? snake(setting);
  return word in resources || word in (resources['backupmx_domain']?.attributes ?? {}) ? word : null;
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
