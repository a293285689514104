/**
 * The import table and the doors: which room may know which, and which single file may know a dependency.
 *
 * The tables here are those of docs/architecture.md. A rule gives one line for each violation, none when all is well.
 */
import type { SourceFile } from './source-file.ts';

/** Open to every room, and to the settings. */
const OPEN = ['mail', 'clock', 'telemetry'] as const;

/** What a room may import besides itself and what is open. Imports point down only. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  mail: [],
  clock: [],
  telemetry: [],
  config: [],
  db: [],
  net: [],
  x509: [],
  events: ['db'],
  jobs: ['db'],
  settings: ['db', 'events'],
  recipients: ['settings', 'jobs', 'events', 'db'],
  outage: ['settings', 'jobs', 'events', 'db'],
  queue: ['outage', 'settings', 'jobs', 'events', 'db'],
  policy: ['recipients', 'outage', 'settings', 'net', 'events'],
  transfer: ['jobs', 'db'],
  delivery: ['queue', 'outage', 'recipients', 'settings', 'net', 'events'],
  inbound: ['policy', 'queue', 'events', 'x509'],
  doctor: ['queue', 'outage', 'recipients', 'settings', 'net', 'jobs', 'events', 'db'],
  notify: ['queue', 'settings', 'net', 'jobs', 'events', 'db'],
  control: ['doctor', 'notify', 'queue', 'outage', 'recipients', 'settings', 'events'],
  client: ['net'],
  cli: ['client'],
  terraform: ['client', 'x509'],
};

/** The API's types, which the clients may know; resolvers are made from the same file. */
const GENERATED = 'src/control/generated.ts';

/** Where a dependency may be imported: files, or the beginning of paths. A package that is not listed may not be. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  'smtp-server': ['src/inbound/command-parser.ts', 'src/inbound/connection.ts', 'src/inbound/server.ts'],
  nodemailer: ['src/net/smtp-client.ts', 'src/mail/dsn.ts'],
  'pg-boss': ['src/jobs/'],
  postgres: ['src/db/'],
  pg: ['src/db/accept-writer.ts', 'src/db/copy-session.ts', 'src/db/writable-host.ts'],
  'drizzle-orm': ['src/db/'],
  'dns-packet': ['src/net/resolver.ts'],
  mailauth: ['src/policy/sender-auth.ts'],
  hono: ['src/control/server.ts'],
  '@hono/node-server': ['src/control/server.ts'],
  'graphql-yoga': ['src/control/graphql-server.ts'],
  '@graphql-yoga/render-graphiql': ['src/control/graphiql.ts'],
  graphql: ['src/control/'],
  tldts: ['src/mail/organization.ts'],
  yaml: ['src/cli/manifest.ts'],
  'prom-client': ['src/telemetry/metrics.ts', 'src/telemetry/gauges.ts', 'src/telemetry/metric-makers.ts'],
  '@grpc/grpc-js': ['src/terraform/goplugin/'],
  protobufjs: ['src/terraform/goplugin/wire.ts'],
  '@msgpack/msgpack': ['src/terraform/sdk/dynamic-value.ts'],
};

/** node:dns answers differently on the three runtimes; net/resolver.ts is what the service asks. */
const CLOSED_BUILTINS: Readonly<Record<string, readonly string[]>> = {
  'node:dns': [],
  'node:dns/promises': [],
  'node:process': [
    'src/config.ts',
    'src/config-machine.ts',
    'src/main.ts',
    'src/main-command.ts',
    'src/db/embedded',
    'src/cli/main.ts',
    'src/terraform/main.ts',
  ],
  'node:child_process': ['src/db/embedded', 'src/cli/', 'src/terraform/'],
};

/** The room of a path: its folder, or for a file of the top its first word (`config-values` is config). */
export function roomOf(path: string): string | null {
  const [, first = '', ...rest] = path.split('/');
  if (!path.startsWith('src/')) return null;
  return rest.length > 0 ? first : (first.replace(/\.ts$/, '').split('-')[0] ?? null);
}

/** Rows of the drawn table (docs/architecture.md) that differ from ROOMS, as far as the rooms are furnished. */
export function tableMismatches(drawing: string, files: readonly SourceFile[]): string[] {
  const furnished = new Set(files.map(({ path }) => roomOf(path)));
  const [, table = ''] = /^\| room \| may import \|\n((?:\|.*\n)+)/m.exec(drawing) ?? [];
  const drawn = new Map(
    table.split('\n').flatMap((row) => {
      const [, rooms = '', imported = ''] = row.split('|').map((cell) => cell.trim());
      return rooms.split(', ').map((room) => [room, imported.match(/\w+/g) ?? []] as const);
    }),
  );
  return Object.entries(ROOMS).flatMap(([room, allowed]) => {
    if (!furnished.has(room)) return drawn.has(room) ? [`${room} is drawn and not there`] : [];
    const words = drawn.get(room)?.filter((word) => word in ROOMS && !OPEN.some((open) => open === word)) ?? [
      'nothing',
    ];
    const wanted = allowed.filter((other) => furnished.has(other));
    return words.toSorted().join() === wanted.toSorted().join()
      ? []
      : [`${room} is drawn with ${words.join(', ')}, and may import ${wanted.join(', ')}`];
  });
}

/** Imports between rooms that the table does not allow. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const room = roomOf(file.path) ?? '';
    const allowed = ROOMS[room];
    if (room !== 'main' && allowed === undefined) return [`${file.path}: ${room} is no room of the table`];
    const isClient = room === 'cli' || room === 'terraform';
    return relativeImports(file).flatMap((target) => {
      const other = roomOf(target) ?? 'another folder';
      const isOpen = OPEN.some((open) => open === other);
      if (room === 'main' || other === room || isOpen || allowed?.includes(other)) return [];
      if (isClient && target === GENERATED) return [];
      return [`${file.path}: ${room} may not import ${other} (${target})`];
    });
  });
}

/** Relative imports that leave src/, or do not end in .ts as the runtimes need it. */
export function malformedImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    relativeImports(file)
      .filter((target) => !target.startsWith('src/') || !target.endsWith('.ts'))
      .map((target) => `${file.path}: imports ${target}, which is no .ts file of src`),
  );
}

/** Dependencies and closed built-ins imported anywhere but at their door. */
export function wrongDoors(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ target, isRelative }) => {
      const doors = isRelative ? ['src/'] : doorsOf(target);
      if (doors.some((door) => isAt(file.path, door))) return [];
      return [`${file.path}: ${target} may be imported only in ${doors.join(', ') || 'no file'}`];
    }),
  );
}

/** Packages with a door that package.json does not list. */
export function doorsToNothing(dependencies: readonly string[]): string[] {
  return Object.keys(DOORS)
    .filter((name) => !dependencies.includes(name))
    .map((name) => `${name} has a door but is no dependency`);
}

function relativeImports(file: SourceFile): string[] {
  return file.imports.filter(({ isRelative }) => isRelative).map(({ target }) => target);
}

function doorsOf(target: string): readonly string[] {
  if (target.startsWith('node:')) return CLOSED_BUILTINS[target] ?? ['src/'];
  return (
    DOORS[
      target
        .split('/')
        .slice(0, target.startsWith('@') ? 2 : 1)
        .join('/')
    ] ?? []
  );
}

/** A door is a file, or everything whose path starts with it. */
function isAt(path: string, door: string): boolean {
  return door.endsWith('.ts') ? path === door : path.startsWith(door);
}
