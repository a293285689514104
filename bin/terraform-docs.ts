/**
 * docs/terraform/: a page for each resource, ephemeral resource and data source of the Terraform provider, from what it tells Terraform
 * itself. Folders, names and headings are those of a registry, which takes the folder as the `docs` of a release.
 */
import { createProvider } from '../src/clients/terraform/provider.ts';
import type { Attribute, Attributes } from '../src/clients/terraform/sdk/schema.ts';
import type { Type } from '../src/clients/terraform/sdk/value.ts';

const MADE = '<!-- Made by `npm run generate` from src/clients/terraform/. -->';

/** Folder → the word of a title. */
const KINDS = { resources: 'Resource', 'ephemeral-resources': 'Ephemeral Resource', 'data-sources': 'Data Source' };
const USES = { REQUIRED: 'Required', OPTIONAL: 'Optional', COMPUTED: 'Read-Only' } as const;

interface Documented {
  readonly description: string;
  readonly example: string;
  readonly attributes: Attributes;
  readonly importing?: string;
}

/** Path → text. */
export function terraformPages(): ReadonlyMap<string, string> {
  const { resources, ephemeralResources, dataSources } = createProvider({
    env: {},
    stopping: new AbortController(),
    now: () => new Date(),
  });
  const pages = new Map<string, string>();
  for (const [folder, definitions] of [
    ['resources', resources],
    ['ephemeral-resources', ephemeralResources],
    ['data-sources', dataSources],
  ] as const) {
    for (const [name, definition] of Object.entries(definitions)) {
      pages.set(
        `docs/terraform/${folder}/${name.replace('backupmx_', '')}.md`,
        page(`${name} (${KINDS[folder]})`, definition),
      );
    }
  }
  return pages;
}

function page(title: string, { description, example, attributes, importing }: Documented): string {
  const schema = (['REQUIRED', 'OPTIONAL', 'COMPUTED'] as const).flatMap((use) => {
    const lines = Object.entries(attributes).filter(([, attribute]) => attribute.use === use);
    return lines.length === 0 ? [] : [`### ${USES[use]}`, lines.map(line).join('\n')];
  });
  const parts = [
    `---\npage_title: "${title.replace(/ \((.*)\)$/, ' $1')} - backupmx"\nsubcategory: ""\ndescription: |-\n  ${description}\n---`,
    `# ${title}`,
    MADE,
    description,
    '## Example Usage',
    `\`\`\`terraform\n${example}\n\`\`\``,
    '## Schema',
    ...schema,
    ...(importing === undefined ? [] : ['## Import', `Import it by ${importing}`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function line([name, { type, replaces, description }]: readonly [string, Attribute]): string {
  const change = replaces === true ? ' Another value replaces the object.' : '';
  return `- \`${name}\` (${typeText(type)}) ${description}${change}`;
}

const SIMPLE = { string: 'String', number: 'Number', bool: 'Boolean' } as const;

function typeText(type: Type): string {
  if (typeof type === 'string') return SIMPLE[type];
  if (type[0] === 'object') return 'Object';
  return `${{ list: 'List', set: 'Set', map: 'Map' }[type[0]]} of ${typeText(type[1])}`;
}
