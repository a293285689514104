/** docs/terraform/: a page for each resource, ephemeral resource and data source of the Terraform provider, from what it tells Terraform itself. */
import { createProvider } from '../src/clients/terraform/provider.ts';
import type { Attribute, Attributes } from '../src/clients/terraform/sdk/schema.ts';
import type { Type } from '../src/clients/terraform/sdk/value.ts';

const MADE = '<!-- Made by `npm run generate` from src/clients/terraform/. -->';

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
  for (const [kind, definitions] of [
    ['resource', resources],
    ['ephemeral', ephemeralResources],
    ['data', dataSources],
  ] as const) {
    for (const [name, definition] of Object.entries(definitions)) {
      const file = `docs/terraform/${kind}-${name.replace('backupmx_', '').replaceAll('_', '-')}.md`;
      pages.set(file, page(`${kind} \`${name}\``, definition));
    }
  }
  return pages;
}

function page(title: string, { description, example, attributes, importing }: Documented): string {
  const rows = Object.entries(attributes).map(([name, attribute]) => row(name, attribute));
  return (
    [
      `# Terraform ${title}`,
      MADE,
      description,
      `\`\`\`hcl\n${example}\n\`\`\``,
      `| attribute | type | | |\n|---|---|---|---|\n${rows.join('\n')}`,
      ...(importing === undefined ? [] : [`Import it by ${importing}`]),
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function row(name: string, { type, use, replaces, description }: Attribute): string {
  const word = { REQUIRED: 'required', OPTIONAL: 'optional', COMPUTED: 'set by the service' }[use];
  const change = replaces === true ? ' Another value replaces the object.' : '';
  return `| \`${name}\` | ${typeText(type)} | ${word} | ${description}${change} |`;
}

function typeText(type: Type): string {
  return typeof type === 'string' ? type : `${type[0]} of ${typeText(type[1])}`;
}
