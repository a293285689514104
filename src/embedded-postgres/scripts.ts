/**
 * The two shell scripts of the launcher: one becomes the postmaster, the other is the watchdog beside it.
 *
 * Plain POSIX sh. `flock` is used where it is util-linux's and passed over where it is not.
 */
import { WATCHDOG_NAME } from './postmaster.ts';

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

export interface LaunchArguments {
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
