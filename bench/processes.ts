/**
 * What /proc says of processes: resident memory, and the processor time of a tree. Linux only.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** /proc/PID/stat counts in hundredths of a second on every Linux that Debian ships (`getconf CLK_TCK`). */
const TICK_SECONDS = 0.01;

interface Stat {
  readonly parentPid: number;
  /** Own processor time, and that of the children that have ended and were waited for. */
  readonly ownSeconds: number;
  readonly endedChildrenSeconds: number;
}

function readStat(pid: number): Stat | null {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The command's name is in brackets and may hold anything: fields are counted from the last bracket (proc(5)).
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (index: number) => fields[index - 3] ?? 0;
  return {
    parentPid: at(4),
    ownSeconds: (at(14) + at(15)) * TICK_SECONDS,
    endedChildrenSeconds: (at(16) + at(17)) * TICK_SECONDS,
  };
}

/** Processor seconds of a process, its living children and those that have ended: a postmaster's whole server. */
export function readTreeCpuSeconds(pid: number): number {
  const root = readStat(pid);
  if (root === null) throw new Error(`no process ${pid}`);
  let seconds = root.ownSeconds + root.endedChildrenSeconds;
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? readStat(Number(entry)) : null;
    if (stat?.parentPid === pid) seconds += stat.ownSeconds;
  }
  return seconds;
}

/** Processor seconds of the children of a process that have ended, and of theirs. */
export function readEndedChildrenCpuSeconds(pid: number): number {
  return readStat(pid)?.endedChildrenSeconds ?? 0;
}

/** Resident set of one process, in bytes. */
export function readRssBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kibibytes ?? Number.NaN) * 1024;
}
