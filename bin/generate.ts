/**
 * Writes the files that are made from others; `--check` writes nothing and fails when one is not current.
 *
 * docs/retries.md: the retry schedule as the database computes it (bin/retries.ts).
 * src/cli/manifest.schema.json: the JSON schema of backup-mx.yaml (bin/manifest-schema.ts).
 * src/control/generated.ts: the resolver types of schema.graphql, each SDL object mapped to what its resolvers really get.
 */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { generate } from '@graphql-codegen/cli';
import { buildSchema } from 'graphql';
import { manifestSchema } from './manifest-schema.ts';
import { retriesPage } from './retries.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RESOLVER_TYPES = 'src/control/generated.ts';

/** SDL type → what a resolver of its fields receives as its parent. */
const PARENTS = {
  Service: './parents.ts#ServiceParent',
  Viewer: './caller.ts#Caller',
  Token: '../settings/tokens.ts#Token as TokenParent',
  AuditEntry: '../events/audit.ts#AuditView',
  Tenant: '../settings/tenants.ts#Tenant as TenantParent',
  Domain: '../settings/relay-domain.ts#RelayDomain',
  Outage: '../outage/inspect.ts#OutageView',
  Message: '../queue/inspect.ts#MessageView',
  Recipient: './parents.ts#RecipientParent',
  Attempt: '../queue/inspect-attempts.ts#AttemptView',
  DnsblZone: './parents.ts#DnsblZoneParent',
  RecipientStanding: '../recipients/standing.ts#RecipientStandingView',
  Rejection: '../events/rejection-pages.ts#RejectionView',
};

const HEADER = '// Made from schema.graphql by bin/generate.ts. Run `npm run generate` instead of editing.\n';

async function resolverTypes(): Promise<string> {
  const outputs: unknown = await generate(
    {
      schema: `${ROOT}schema.graphql`,
      silent: true,
      generates: {
        [RESOLVER_TYPES]: {
          plugins: ['typescript', 'typescript-resolvers'],
          config: {
            contextType: './context.ts#Context',
            mappers: PARENTS,
            scalars: { DateTime: 'Date', ByteCount: 'number', JSON: 'unknown' },
            defaultScalarType: 'never',
            useTypeImports: true,
            enumsAsTypes: true,
            immutableTypes: true,
          },
        },
      },
    },
    false,
  );
  if (!Array.isArray(outputs)) throw new Error('the code generator returned no files');
  const [file] = outputs as { content: string }[];
  if (file === undefined) throw new Error('the code generator returned no file');
  return HEADER + file.content;
}

async function manifest(): Promise<string> {
  return manifestSchema(buildSchema(await readFile(`${ROOT}schema.graphql`, 'utf8')));
}

const GENERATED: readonly (readonly [path: string, make: () => Promise<string>])[] = [
  [RESOLVER_TYPES, resolverTypes],
  ['src/cli/manifest.schema.json', manifest],
  ['docs/retries.md', retriesPage],
];

const isCheck = process.argv.includes('--check');
let staleCount = 0;
for (const [path, make] of GENERATED) {
  const [wanted, present] = await Promise.all([make(), readFile(ROOT + path, 'utf8').catch(() => null)]);
  if (wanted === present) continue;
  if (isCheck) {
    console.error(`${path} is not current: run npm run generate`);
    staleCount += 1;
  } else {
    await writeFile(ROOT + path, wanted);
    console.log(`${path} written`);
  }
}
process.exitCode = staleCount === 0 ? 0 : 1;
