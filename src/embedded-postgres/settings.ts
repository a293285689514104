/**
 * The embedded server's settings, passed on its command line so that an old data folder follows a new release.
 *
 * Durability is spelled out even where it is PostgreSQL's default: a line somebody wrote into postgresql.conf must not undo it.
 */

const MEBIBYTE = 1024 * 1024;

export interface ServerSettings {
  /** A directory only the server's account may enter; its path is the server's only address. */
  readonly socketDir: string;
  /** Only a part of the socket's name. */
  readonly port: number;
  /** Memory of the machine or of the container, whichever is smaller. */
  readonly memoryBytes: number;
  readonly maxConnections: number;
}

/** The `-c name=value` arguments of `postgres`. */
export function serverArguments({ socketDir, port, memoryBytes, maxConnections }: ServerSettings): string[] {
  // An eighth of the memory: 512 MiB, which large mail needs, from 4 GiB of memory on.
  const sharedBuffersMebibytes = Math.max(32, Math.min(512, Math.floor(memoryBytes / MEBIBYTE / 8)));
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    port: String(port),
    max_connections: String(maxConnections),
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    shared_buffers: `${sharedBuffersMebibytes}MB`,
    wal_buffers: sharedBuffersMebibytes >= 256 ? '64MB' : '16MB',
    max_wal_size: '4GB',
    // A container's /dev/shm is 64 MiB by default, and no statement of ours gains from workers.
    max_parallel_workers_per_gather: '0',
    max_parallel_maintenance_workers: '0',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_destination: 'stderr',
    // The service's own log stamps the line.
    log_line_prefix: '',
    logging_collector: 'off',
    log_checkpoints: 'off',
    // "log" leaves out ERROR: those reach the statement's caller, and their text may hold mail addresses.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
