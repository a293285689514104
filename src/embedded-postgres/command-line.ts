/**
 * The command lines of the launcher: the server's settings, and the two shell scripts, one of which becomes the postmaster while the
 * other is the watchdog beside it.
 *
 * Settings go on the command line so that an old data folder follows a new release. Durability is spelled out even where it is
 * PostgreSQL's default: a line in postgresql.conf must not undo it. The scripts are plain POSIX sh; `flock` is used where it is
 * util-linux's.
 */
import { WATCHDOG_NAME } from './processes.ts';

const MEBIBYTE = 1024 * 1024;

interface ServerSettings {
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

/** Exit code of the launching script when another process holds the folder's lock. */
export const FOLDER_LOCKED = 75;

/**
 * Waits for the end of the pipe on descriptor 0, then stops the postmaster and clears its address away. A runtime may close
 * the pipe when the postmaster dies first: then a service that lives will start another one at the same address.
 * Arguments: pid, socket directory, port, the service's pid.
 */
const WATCH = `read -r _ && exit 0
if kill -INT "$1"; then
  i=0
  while kill -0 "$1" && [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done
  kill -0 "$1" && exit 0
elif [ -d "/proc/$4" ]; then
  exit 0
fi
rm -f "$2/.s.PGSQL.$3" "$2/.s.PGSQL.$3.lock"
rmdir "$2"`;

/**
 * Locks the data folder, descriptor 3, starts the watchdog on our pipe, descriptor 0, and becomes the postmaster.
 * Arguments: "stale" when postmaster.pid is to be removed, the watchdog's script and its last three, then the command.
 */
const LAUNCH = `exec 4<&0 </dev/null
command -v flock >/dev/null && { flock -n -E ${FOLDER_LOCKED} 3; [ $? -eq ${FOLDER_LOCKED} ] && exit ${FOLDER_LOCKED}; }
[ "$1" = stale ] && rm -f /proc/self/fd/3/postmaster.pid
( ( exec 0<&4 3<&- 4<&- >/dev/null 2>&1; exec /bin/sh -c "$2" ${WATCHDOG_NAME} $$ "$3" "$4" "$5" ) & )
shift 5
exec "$@" 4<&-`;

/** The facts that the watchdog needs besides the postmaster's pid. */
export interface WatchedService {
  /** The directory of the server's socket. */
  readonly host: string;
  readonly port: number;
  /** The process of the service that the server belongs to. */
  readonly pid: number;
}

function watchValues({ host, port, pid }: WatchedService): string[] {
  return [host, String(port), String(pid)];
}

interface LaunchArguments {
  readonly isStale: boolean;
  readonly service: WatchedService;
  /** `postgres` and its arguments. */
  readonly command: readonly string[];
}

/** Arguments of `/bin/sh`. */
export function launchArguments({ isStale, service, command }: LaunchArguments): string[] {
  const state = isStale ? 'stale' : 'clean';
  return ['-c', LAUNCH, 'backup-mx-postgres', state, WATCH, ...watchValues(service), ...command];
}

/** Arguments of `/bin/sh` for a watchdog of a server that runs already. */
export function watchArguments(postmasterPid: number, service: WatchedService): string[] {
  return ['-c', WATCH, WATCHDOG_NAME, String(postmasterPid), ...watchValues(service)];
}
