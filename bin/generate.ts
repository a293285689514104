/**
 * Writes the files that are made from others; `--check` writes nothing and fails when one is not current, or when the schema
 * takes something away from people's scripts (bin/schema-changes.ts).
 *
 * schema.graphql, docs/doctor.md: codes and texts of the doctor's checks.
 * schema.graphql: rejection codes with their meaning, and the names of its mutations.
 * schema.graphql, docs/errors.md: the codes of user errors and what to do about them.
 * docs/retries.md: the retry schedule as the database computes it (bin/retries.ts).
 * docs/coverage.md: what the command and Terraform can do of the API (bin/coverage.ts).
 * docs/terraform/: the pages of resources and data sources (bin/terraform-docs.ts).
 * src/clients/cli/manifest.schema.json: the JSON schema of backup-mx.yaml (bin/manifest-schema.ts).
 * src/console/operations/generated.ts: the console's operations with their types (bin/console-operations.ts).
 * src/control/generated.ts: the resolver types of schema.graphql, each SDL object mapped to what its resolvers really get.
 */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { generate } from '@graphql-codegen/cli';
import { buildSchema, getNamedType, type GraphQLSchema, isObjectType } from 'graphql';
import { REJECTIONS } from '../src/control/reject-pages.ts';
import { CHECKS } from '../src/doctor/checks.ts';
import { ERROR_TEXTS } from '../src/input/error-codes.ts';
import { REJECTION_CODES } from '../src/policy/decision.ts';
import { CONSOLE_OPERATIONS, consoleOperations } from './console-operations.ts';
import { coveragePage } from './coverage.ts';
import { manifestSchema } from './manifest-schema.ts';
import { retriesPage } from './retries.ts';
import { readBaselines, schemaChanges } from './schema-changes.ts';
import { terraformPages } from './terraform-docs.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RESOLVER_TYPES = 'src/control/generated.ts';

/** SDL type → what a resolver of its fields receives as its parent. */
const PARENTS = {
  Service: './context.ts#ServiceParent',
  ServiceNode: '../cluster/nodes.ts#NodeView',
  Viewer: './admission/auth.ts#Caller',
  Token: '../tenants/tokens.ts#Token as TokenParent',
  AuditEntry: '../events/audit.ts#AuditView',
  Webhook: '../notify/webhooks.ts#Webhook as WebhookParent',
  AlertContact: '../notify/contacts.ts#AlertContact as AlertContactParent',
  WebhookDelivery: '../notify/deliveries.ts#Delivery as WebhookDeliveryParent',
  Tenant: '../tenants/tenants.ts#Tenant as TenantParent',
  Domain: '../domains/relay-domain.ts#RelayDomain',
  DomainQueue: './context.ts#QueueParent',
  RecipientList: '../domains/relay-domain.ts#RelayDomain',
  Drill: '../queue/drills/drills.ts#DrillView',
  Outage: '../outage/inspect.ts#OutageView',
  OutageChange: './subscriptions/outages.ts#OutageItem',
  TimelineEdge: './subscriptions/timelines.ts#TimelineItem',
  QueueChange: './subscriptions/queues.ts#QueueItem',
  Message: '../queue/read/inspect.ts#MessageView',
  Operation: '../queue/verbs/operations.ts#OperationView',
  Recipient: './context.ts#RecipientParent',
  Attempt: '../queue/read/attempts.ts#ShownAttempt',
  TimelineEntry: '../queue/read/timeline-entry.ts#TimelineEntry as TimelineEntryParent',
  DnsblZone: './context.ts#DnsblZoneParent',
  DrillStep: '../db/schema-doctor.ts#DrillStep as DrillStepParent',
  OutageEvidence: '../outage/inspect.ts#EvidenceView',
  RecipientStanding: '../verification/recipient-status.ts#RecipientStatus',
  Rejection: '../events/rejection-pages.ts#RejectionView',
  UserError: '../input/checked.ts#UserError as UserErrorParent',
  RejectionCount: '../stats/rejection-counts.ts#RejectionSlot',
  DomainPlan: '../domains/apply.ts#AppliedDomain',
  DomainPlanDifference: '../domains/difference.ts#TextDifference',
};

/** A connection is a page of what its nodes are, and the way to count them. */
function connectionParents(schema: string): Readonly<Record<string, string>> {
  const connections = Object.values(buildSchema(schema).getTypeMap()).filter(({ name }) => name.endsWith('Connection'));
  return Object.fromEntries(
    connections.flatMap((type) => {
      const nodes = isObjectType(type) ? type.getFields()['nodes'] : undefined;
      if (nodes === undefined) return [];
      const node = getNamedType(nodes.type).name;
      const parent = (PARENTS as Readonly<Record<string, string>>)[node]?.split(/#| as /).at(-1) ?? node;
      return [[type.name, `./page.ts#Connection<${parent}>`]];
    }),
  );
}

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
            mappers: { ...PARENTS, ...connectionParents(await read('schema.graphql')) },
            scalars: {
              DateTime: 'Date',
              ByteCount: 'number',
              Duration: { input: 'number', output: 'string' },
              JSON: 'unknown',
            },
            defaultScalarType: 'never',
            useTypeImports: true,
            enumsAsConst: true,
            immutableTypes: true,
            disableDescriptions: true,
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

/** The schema with the enum as the checks have it. */
function withDoctorCodes(schema: string): string {
  const values = CHECKS.map(({ code, meaning }) => `  """\n${wrapped(meaning)}\n  """\n  ${code}\n`);
  return filled(schema, /(^enum DoctorCode \{\n)[^}]*(?=^\})/m, values);
}

/** The schema with the enum of rejection codes as the policy has them, and what their pages say. */
function withRejectionCodes(schema: string): string {
  const values = REJECTION_CODES.map((code) => {
    const { reply, meaning } = REJECTIONS[code];
    return `  """\n${wrapped(`${reply}. ${meaning}`)}\n  """\n  ${code.replaceAll('-', '_')}\n`;
  });
  return filled(schema, /(^enum RejectionCode \{\n)[^}]*(?=^\})/m, [...values, UNKNOWN_VALUE]);
}

/** The schema with the enum of the codes of user errors. */
function withErrorCodes(schema: string): string {
  const values = Object.entries(ERROR_TEXTS).map(
    ([code, { meaning }]) => `  """\n${wrapped(meaning)}\n  """\n  ${code}\n`,
  );
  return filled(schema, /(^enum UserErrorCode \{\n)[^}]*(?=^\})/m, values);
}

/** docs/errors.md. */
function errorsPage(): string {
  const sections = Object.entries(ERROR_TEXTS).map(
    ([code, { meaning, remedy }]) => `## ${code}\n\n${folded(meaning)}\n\n${folded(remedy)}\n`,
  );
  return `${ERRORS_HEAD}\n${sections.join('\n')}`;
}

const ERRORS_HEAD = `# Errors of the API

<!-- Made by \`npm run generate\` (src/input/error-codes.ts). -->

A mutation that is refused changes nothing. Each entry of its \`userErrors\` has the path of the
field, a sentence that says what to do, and one of these codes. Its \`documentationUrl\` leads to
the section of its code at \`PUBLIC_URL/errors\`, which says the same as this page.
`;

/** Lines of at most 100 columns. */
function folded(text: string): string {
  return text.replaceAll(/(.{1,100})(?: |$)/g, '$1\n').trimEnd();
}

/** The schema with the enum of the names of its mutations. */
function withMutationNames(schema: string): string {
  const names = Object.keys(parsed(schema).getMutationType()?.getFields() ?? {});
  const values = names.map((name) => `  "\`${name}\`."\n  ${snakeCase(name).toUpperCase()}\n`);
  return filled(schema, /(^enum MutationName \{\n)[^}]*(?=^\})/m, [...values, UNKNOWN_VALUE]);
}

/** An enum without values cannot be parsed: these are being filled. */
function parsed(schema: string): GraphQLSchema {
  return buildSchema(schema.replaceAll(/^(enum \w+ \{\n)(?=\})/gm, '$1  NONE\n'));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, '_$&');
}

/** As storedValue of control shows it. */
const UNKNOWN_VALUE = '  "A value that this version of the service does not know: a newer one wrote it."\n  OTHER\n';

/** The page for postmasters with the table as the checks have it. */
function withDoctorTable(page: string): string {
  const rows = CHECKS.map(({ code, meaning, advice }) => `| \`${code}\` | ${meaning} | ${advice} |\n`);
  return filled(page, /(^\| code \| .*\n\|[-|]+\n)(?:\|.*\n)+/m, rows);
}

/** Lines of at most 100 columns, as npm run prose wants them, indented by two. */
function wrapped(text: string): string {
  return text.replaceAll(/(.{1,98})(?: |$)/g, '  $1\n').trimEnd();
}

function filled(text: string, place: RegExp, lines: readonly string[]): string {
  if (!place.test(text)) throw new Error(`no place for what is generated: ${place.source}`);
  return text.replace(place, (_, head: string) => head + lines.join(''));
}

async function manifest(): Promise<string> {
  return manifestSchema(buildSchema(await read('schema.graphql')));
}

const GENERATED: readonly (readonly [path: string, make: () => Promise<string>])[] = [
  [
    'schema.graphql',
    async () => withMutationNames(withErrorCodes(withRejectionCodes(withDoctorCodes(await read('schema.graphql'))))),
  ],
  ['docs/errors.md', async () => errorsPage()],
  ['docs/doctor.md', async () => withDoctorTable(await read('docs/doctor.md'))],
  [RESOLVER_TYPES, resolverTypes],
  ['src/clients/cli/manifest.schema.json', manifest],
  [CONSOLE_OPERATIONS, () => consoleOperations(ROOT)],
  ['docs/retries.md', retriesPage],
  ['docs/coverage.md', async () => coveragePage(buildSchema(await read('schema.graphql')))],
  ...[...terraformPages()].map(([path, page]) => [path, async () => page] as const),
];

const read = (path: string) => readFile(ROOT + path, 'utf8');

async function checkSchema(): Promise<number> {
  const [present, baselines, changelog] = [read('schema.graphql'), readBaselines(ROOT), read('CHANGELOG.md')];
  const { complaints, notes } = schemaChanges(await present, await baselines, await changelog);
  for (const note of notes) console.log(`schema.graphql against ${note}`);
  for (const complaint of complaints) console.error(`schema.graphql against ${complaint}`);
  return complaints.length;
}

const isCheck = process.argv.includes('--check');
let complaintCount = isCheck ? await checkSchema() : 0;
for (const [path, make] of GENERATED) {
  const [wanted, present] = await Promise.all([make(), read(path).catch(() => null)]);
  if (wanted === present) continue;
  if (isCheck) {
    console.error(`${path} is not current: run npm run generate`);
    complaintCount += 1;
  } else {
    await writeFile(ROOT + path, wanted);
    console.log(`${path} written`);
  }
}
process.exitCode = complaintCount === 0 ? 0 : 1;
