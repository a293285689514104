/**
 * The import table and the doors: which room may know which, and which single file may know a dependency.
 *
 * The tables here are those of docs/architecture.md. A rule gives one line for each violation, none when all is well.
 */
import type { SourceFile } from './source-file.ts';

/** Open to every room, and to the settings. */
const OPEN = ['mail', 'clock', 'bounded-map', 'telemetry'] as const;

/** What a room may import besides itself and what is open: what it uses, no more. Imports point down only. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  mail: [],
  clock: [],
  'bounded-map': [],
  telemetry: [],
  config: [],
  db: [],
  'embedded-postgres': ['db'],
  dns: [],
  http: ['dns'],
  tls: ['dns', 'http'],
  smtp: ['dns', 'tls'],
  events: ['db'],
  cluster: ['db'],
  stats: ['db'],
  input: ['db'],
  domains: ['outage', 'input', 'events', 'db'],
  tenants: ['domains', 'input', 'events', 'db'],
  verification: ['domains', 'outage', 'input', 'events', 'db'],
  outage: ['events', 'db'],
  queue: ['outage', 'domains', 'input', 'stats', 'events', 'db'],
  policy: ['verification', 'outage', 'domains', 'smtp', 'dns', 'db'],
  transfer: ['db'],
  delivery: ['queue', 'outage', 'smtp', 'tls', 'dns', 'db'],
  inbound: ['policy', 'tls'],
  doctor: ['queue', 'outage', 'verification', 'domains', 'input', 'smtp', 'tls', 'dns', 'events', 'db'],
  notify: ['queue', 'tenants', 'domains', 'outage', 'input', 'http', 'events', 'db'],
  console: [],
  control: [
    'console',
    'doctor',
    'notify',
    'queue',
    'outage',
    'verification',
    'tenants',
    'domains',
    'input',
    'cluster',
    'stats',
    'events',
    'db',
  ],
  'clients/api': ['http'],
  'clients/cli': ['clients/api'],
  'clients/terraform': ['clients/api', 'tls'],
};

/** They put the others together, and may know all of them. */
const COMPOSITION = ['main', 'app'] as const;

/** The API's types, which the clients may know; resolvers are made from the same file. */
const GENERATED = 'src/control/generated.ts';

/** Where a dependency may be imported: files, or the beginning of paths. A package that is not listed may not be. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  'smtp-server': ['src/inbound/smtp-server/'],
  nodemailer: ['src/mail/mime.ts'],
  'pg-boss': ['src/cluster/'],
  postgres: ['src/db/', 'src/embedded-postgres/socket.ts'],
  pg: ['src/db/accept-writer.ts', 'src/db/copy-session.ts', 'src/db/writable-host.ts'],
  'drizzle-orm': ['src/db/'],
  'dns-packet': ['src/dns/resolver.ts'],
  mailauth: ['src/policy/authentication/sender-auth.ts'],
  hono: [
    'src/control/server.ts',
    'src/control/graphql-route.ts',
    'src/control/console-routes.ts',
    'src/control/public-pages.ts',
    'src/console/html.ts',
  ],
  '@hono/node-server': ['src/control/server.ts', 'src/control/graphql-route.ts', 'src/control/public-pages.ts'],
  'graphql-yoga': ['src/control/graphql-server.ts'],
  '@graphql-yoga/render-graphiql': ['src/control/graphiql.ts'],
  'd3-scale': ['src/console/pictures/scale.ts'],
  'd3-shape': ['src/console/pictures/scale.ts'],
  graphql: ['src/control/'],
  tldts: ['src/mail/organization.ts'],
  yaml: ['src/clients/cli/manifest.ts'],
  'prom-client': ['src/telemetry/metrics.ts', 'src/telemetry/gauges.ts'],
  '@grpc/grpc-js': ['src/clients/terraform/goplugin/'],
  protobufjs: ['src/clients/terraform/goplugin/protocol.ts'],
  '@msgpack/msgpack': ['src/clients/terraform/sdk/schema.ts'],
};

/** node:dns answers differently on the three runtimes; dns/resolver.ts is what the service asks. */
const CLOSED_BUILTINS: Readonly<Record<string, readonly string[]>> = {
  'node:dns': [],
  'node:dns/promises': [],
  'node:process': [
    'src/config/config.ts',
    'src/config/machine.ts',
    'src/main.ts',
    'src/app/command.ts',
    'src/embedded-postgres/',
    'src/clients/terraform/main.ts',
  ],
  'node:child_process': ['src/embedded-postgres/', 'src/clients/cli/', 'src/clients/terraform/'],
};

/** The room of a path: its folder (each client has one of its own), or the name of a file at the top. */
export function roomOf(path: string): string | null {
  const [, first = '', second = '', ...rest] = path.split('/');
  if (!path.startsWith('src/')) return null;
  if (second === '') return first.replace(/\.ts$/, '');
  return first === 'clients' && rest.length > 0 ? `${first}/${second}` : first;
}

/** Rows of the drawn table (docs/architecture.md) that differ from ROOMS, as far as the rooms are furnished. */
export function tableMismatches(drawing: string, files: readonly SourceFile[]): string[] {
  const furnished = new Set(files.map(({ path }) => roomOf(path)));
  const [, table = ''] = /^\| room \| may import \|\n((?:\|.*\n)+)/m.exec(drawing) ?? [];
  const drawn = new Map(
    table.split('\n').flatMap((row) => {
      const [, rooms = '', imported = ''] = row.split('|').map((cell) => cell.trim());
      return rooms.split(', ').map((room) => [room, imported.match(/[\w/-]+/g) ?? []] as const);
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
    const isComposing = COMPOSITION.some((one) => one === room);
    if (!isComposing && allowed === undefined) return [`${file.path}: ${room} is no room of the table`];
    const isClient = room.startsWith('clients/');
    return relativeImports(file).flatMap((target) => {
      const other = roomOf(target) ?? 'another folder';
      const isOpen = OPEN.some((open) => open === other);
      if (isComposing || other === room || isOpen || allowed?.includes(other)) return [];
      if (isClient && target === GENERATED) return [];
      return [`${file.path}: ${room} may not import ${other} (${target})`];
    });
  });
}

/** Rights of the table that no file of the room uses. */
export function unusedRights(files: readonly SourceFile[]): string[] {
  const used = new Set(
    files.flatMap((file) => relativeImports(file).map((target) => `${roomOf(file.path)} ${roomOf(target)}`)),
  );
  return Object.entries(ROOMS).flatMap(([room, allowed]) =>
    allowed
      .filter((other) => !used.has(`${room} ${other}`))
      .map((other) => `${room} may import ${other}, and does not`),
  );
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
