/** Directories that go with the process that made them, however that ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, on Linux. */
export const MEMORY = '/dev/shm';

/**
 * Reads directories from its input; when that ends, with the test process, waits for their servers and removes them. What
 * does this is nobody's child, because the runner kills the children of a test process that runs beside others; the child
 * only stays, because the runtime closes the pipe of one that has ended.
 */
const CLEANER = `exec 3<&0
( { while read -r d; do set -- "$@" "$d"; done
for d in "$@"; do
  i=0
  while [ -e "$d/postgres/postmaster.pid" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
  rm -rf "$d"
done; } <&3 3<&- & )
exec 3<&- 0<&-
while kill -0 $PPID; do sleep 1; done`;

let cleaner: ChildProcess | null = null;

/**
 * A new directory that every account may enter. A process of its own removes it after the test process, because the runner
 * calls no exit handlers and may be killed.
 */
export function makeTempDir(parent: string = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'bmx-test-'));
  chmodSync(directory, 0o755);
  if (cleaner === null) {
    cleaner = spawn('/bin/sh', ['-c', CLEANER], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    cleaner.unref();
  }
  cleaner.stdin?.write(`${directory}\n`);
  return directory;
}
