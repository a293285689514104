/**
 * What every file of the house has in common: a header, a size, a name, named exports, no runtime's own globals.
 *
 * A rule gives one line for each violation, none when all is well.
 */
import type { SourceFile } from './source-file.ts';

export const MAX_LINES = 500;
export const MAX_MEDIAN_LINES = 150;
export const MAX_P90_LINES = 300;

/** Where the environment and the process may be touched: the settings, the composition root, the launcher, the clients. */
const GLOBALS_ALLOWED =
  /^src\/(?:config\/(?:config|machine)|main|app\/command|embedded-postgres\/[a-z-]+|clients\/terraform\/main)\.ts$/;

/** `Buffer` is everywhere; these are one runtime's, or hide where settings come from. */
const GLOBALS =
  /(?<![\w$.'"-])(?:process|Bun|Deno|globalThis|__dirname|__filename)(?=\s*(?:\.|\?\.|\[))|\bimport\s*\.\s*meta\s*\.\s*(?:env|main)\b/g;

/** Words that say nothing about what a file holds; the second line's have exceptions. */
const EMPTY_NAMES = /(?:^|[-/])(?:utils?|common|managers?|misc|index)(?:[-./]|$)/;
const EMPTY_NAMES_OF_SOURCE = /(?:^|[-/])(?:helpers?|services?)(?:[-./]|$)/;
/** Tests have helpers and start services; there is an SDL type Service, which a resolver file and a data source are named after. */
const NAMED_BY_OTHERS = /^(?:test|src\/control\/resolvers|src\/clients\/terraform\/data-sources)\//;
const KEBAB_CASE = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.(?:ts|mjs)$/;

/** Files that do not begin with a header comment of at least one sentence. */
export function missingHeaders(files: readonly SourceFile[]): string[] {
  return files
    .filter(
      ({ text }) => (/^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? '').replace(/[\s*]+/g, ' ').length < 30,
    )
    .map(({ path }) => `${path}: does not begin with a comment that says what it does and promises`);
}

/** Files above the limit, and a median or 90th percentile above theirs. */
export function oversized(files: readonly SourceFile[]): string[] {
  const lines = files.map(({ text }) => lineCount(text)).sort((a, b) => a - b);
  const at = (share: number): number => lines[Math.floor(share * (lines.length - 1))] ?? 0;
  const tooLong = files.filter(({ text }) => lineCount(text) > MAX_LINES);
  return [
    ...tooLong.map(
      ({ path, text }) => `${path}: ${lineCount(text)} lines, more than ${MAX_LINES}: which two nouns is it?`,
    ),
    ...(at(0.5) >= MAX_MEDIAN_LINES ? [`median ${at(0.5)} lines, not below ${MAX_MEDIAN_LINES}`] : []),
    ...(at(0.9) >= MAX_P90_LINES ? [`90th percentile ${at(0.9)} lines, not below ${MAX_P90_LINES}`] : []),
  ];
}

export function badNames(files: readonly SourceFile[]): string[] {
  return files
    .map(({ path }) => path)
    .filter(
      (path) =>
        !KEBAB_CASE.test(path) ||
        EMPTY_NAMES.test(path) ||
        (!NAMED_BY_OTHERS.test(path) && EMPTY_NAMES_OF_SOURCE.test(path)),
    )
    .map((path) => `${path}: a file is named by a noun of the field, in kebab-case`);
}

export function defaultExports(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ code }) => /^\s*export\s+default\b|^\s*export\s*\{[^}]*\bas\s+default\b/m.test(code))
    .map(({ path }) => `${path}: has a default export`);
}

/** Files that only pass on what others export. */
export function barrels(files: readonly SourceFile[]): string[] {
  return files
    .filter(
      ({ code }) => /\bexport\b/.test(code) && code.replace(/\b(?:export|import)\b[^;]*\bfrom\s*;?/g, '').trim() === '',
    )
    .map(({ path }) => `${path}: only passes on what other files export`);
}

/** Uses of the environment or of a runtime's globals outside the few files that may. */
export function runtimeGlobals(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !GLOBALS_ALLOWED.test(path))
    .flatMap(({ path, code }) => {
      const found = [...new Set([...code.matchAll(GLOBALS)].map(([name]) => name))];
      return found.map((name) => `${path}: uses ${name}; environment and runtime globals come in through main.ts`);
    });
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
