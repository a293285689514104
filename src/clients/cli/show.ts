/** Shows the result of an action: lines for people, as wide as the screen, or JSON for programs. */
import type { Refused, UserError } from '../api/requests.ts';
import type { Shown } from './action.ts';
import { factLines, tableLines, textOf } from './table.ts';
import { DONE, type ExitCode, FAILED, mayStyle, type Terminal } from './terminal.ts';

export interface Showing {
  readonly isJson: boolean;
  /** Names of the options that the action has: a field of the same name is called so in errors. */
  readonly options: readonly string[];
}

export function show(shown: Shown, terminal: Terminal, { isJson, options }: Showing): ExitCode {
  if (shown.kind === 'REFUSED') {
    if (isJson) terminal.print(JSON.stringify({ userErrors: shown.errors }));
    else for (const error of shown.errors) terminal.report(`backup-mx: ${errorLine(error, options)}`);
    return FAILED;
  }
  if (shown.kind === 'PRINTED') return DONE;
  const lines = isJson ? [JSON.stringify(shown.data)] : linesOf(shown, terminal);
  if (lines.length > 0) terminal.print(lines.join('\n'));
  return shown.kind === 'TABLE' ? DONE : (shown.exitCode ?? DONE);
}

function linesOf(shown: Exclude<Shown, Refused | { kind: 'PRINTED' }>, terminal: Terminal): readonly string[] {
  if (shown.kind === 'LINE') return [shown.line];
  const look = { isStyled: mayStyle(terminal), width: terminal.width };
  if (shown.kind === 'TABLE') return tableLines(shown, look);
  const lines = factLines(shown.facts, look);
  return shown.table === undefined ? lines : [...lines, '', ...tableLines(shown.table, look)];
}

/** Fields whose options are called otherwise. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  expectedRevision: 'revision',
  labels: 'label',
  tlsPolicy: 'tls',
  domains: 'domain',
  events: 'event',
  scopes: 'scope',
};

/** An error of the service, with the option that it is about. */
export function errorLine(
  { path, message, code, documentationUrl }: UserError,
  options: readonly string[] = [],
): string {
  const [first = '', ...rest] = path;
  const kebab = first.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const option = [OPTION_NAMES[first] ?? '', kebab].find((name) => options.includes(name));
  const place = option === undefined ? path : [`--${option}`, ...rest.filter((step) => !/^\d+$/.test(step))];
  return `${place.length === 0 ? '' : `${textOf(place.join('.'))}: `}${textOf(message)} (${code}${documentationUrl === undefined ? '' : `: ${textOf(documentationUrl)}`})`;
}
