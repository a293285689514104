/** What a refused start may have left: files, and processes that name a folder. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below a folder with its size, mode and time of change. */
export function fullSnapshot(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  return Object.fromEntries(
    names.map((name) => {
      const { size, mode, mtimeMs, uid } = statSync(join(folder, name));
      return [name, `${size} ${mode.toString(8)} ${mtimeMs} ${uid}`];
    }),
  );
}

/** Command lines of living processes that name the folder. */
export function processesNaming(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(folder));
}
