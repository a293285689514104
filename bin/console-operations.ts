/**
 * src/console/operations/generated.ts: each operation of the console with its text, and the types of its answer and variables.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { Kind, parse, stripIgnoredCharacters } from 'graphql';

const FOLDER = 'src/console/operations';
export const CONSOLE_OPERATIONS = `${FOLDER}/generated.ts`;

const HEADER = `// Made from *.graphql here and schema.graphql by bin/console-operations.ts. Run \`npm run generate\` instead of editing.
import type { Operation } from '../ask.ts';

`;

interface Found {
  readonly name: string;
  readonly kind: 'Query' | 'Mutation' | 'Subscription';
  readonly text: string;
}

/** Throws with the errors of the documents. */
export async function consoleOperations(root: string): Promise<string> {
  const outputs: unknown = await generate(
    {
      schema: `${root}schema.graphql`,
      documents: `${root}${FOLDER}/*.graphql`,
      silent: true,
      generates: {
        [CONSOLE_OPERATIONS]: {
          plugins: ['typescript-operations'],
          config: {
            scalars: { ID: 'string', DateTime: 'string', ByteCount: 'number', Duration: 'string', JSON: 'unknown' },
            defaultScalarType: 'never',
            useTypeImports: true,
            enumsAsTypes: true,
            immutableTypes: true,
            skipTypename: true,
            onlyOperationTypes: true,
            disableDescriptions: true,
            arrayInputCoercion: false,
            inputMaybeValue: 'T | null | undefined',
          },
        },
      },
    },
    false,
  );
  const [file] = outputs as { content: string }[];
  if (file === undefined) throw new Error('the code generator returned no file');
  return HEADER + file.content + operationsOf(root).map(declaration).join('');
}

function operationsOf(root: string): Found[] {
  const folder = join(root, FOLDER);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort();
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return parse(text).definitions.map((definition): Found => {
      if (definition.kind !== Kind.OPERATION_DEFINITION || definition.name === undefined)
        throw new Error(`${file}: an operation without a name, or a fragment`);
      const kind = `${definition.operation[0]?.toUpperCase()}${definition.operation.slice(1)}` as Found['kind'];
      const { start = 0, end = text.length } = definition.loc ?? {};
      return { name: definition.name.value, kind, text: stripIgnoredCharacters(text.slice(start, end)) };
    });
  });
}

function declaration({ name, kind, text }: Found): string {
  const constant = `${name[0]?.toLowerCase()}${name.slice(1)}${kind}`;
  const type = `${name}${kind}`;
  return `\nexport const ${constant}: Operation<${type}, ${type}Variables> = {\n  text: ${JSON.stringify(text)},\n};\n`;
}
