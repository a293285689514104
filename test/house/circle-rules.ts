/** Circles of imports, types included: two files that need each other are one idea, or hide a third. */
import type { SourceFile } from './source-file.ts';

/** One line for each circle: its files in the order of the imports. */
export function circles(files: readonly SourceFile[]): string[] {
  const targets = new Map(files.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) found.push([...way.slice(start), path].join(' → '));
    if (start >= 0 || finished.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
    finished.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return found;
}
