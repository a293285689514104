/**
 * Runs a verb: finds the action, reads the arguments, and shows what comes of it.
 *
 * Promises: `--json` prints the data alone, for programs; mistakes in the arguments are reported before any request; each
 * error of the service is one line with its option and code, and exit code 1.
 */
import { visibleLines } from '../../mail/visible.ts';
import { accountOf, ClientError, connect } from '../api/connection.ts';
import { type Action, type LocalAction, UsageError, type Verb, type VerbTable } from './action.ts';
import { grammarOf, parse } from './grammar.ts';
import { actionHelp, HELP_WORDS, helpOf, usageLine } from './help.ts';
import { show } from './show.ts';
import { didYouMean, nearest } from './suggest.ts';
import { DONE, type ExitCode, FAILED, startProgress, type Terminal, WRONG_USE } from './terminal.ts';
import { timeText } from './time.ts';

/** Words for the same action; each verb has the one that fits, and takes the others. */
const SAME: readonly (readonly string[])[] = [
  ['create', 'add', 'new'],
  ['delete', 'remove', 'revoke', 'rm'],
  ['set', 'update', 'change'],
  ['list', 'ls'],
  ['show', 'get'],
];

/** Runs a verb with the arguments after it. Throws nothing but bugs. */
export async function runVerb(verb: Verb, args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (!('actions' in verb)) return runAction(verb.verb, verb, args, terminal);
  const { actions, says, example, preset } = verb;
  const [word = '', ...rest] = args;
  const usage = Object.entries(actions).map(([each, action]) => helpOf(`${verb.verb} ${each}`, action));
  if (HELP_WORDS.includes(word)) {
    terminal.print([says, ...usage, `Example: ${example}`].join('\n'));
    return DONE;
  }
  const name = actionOf(verb, word);
  const action = name === null ? undefined : actions[name];
  if (action !== undefined) return runAction(`${verb.verb} ${name}`, { example, ...action }, rest, terminal);
  const presetAction = preset === undefined ? undefined : actions[preset];
  if (presetAction !== undefined && (word === '' || word.startsWith('-')))
    return runAction(`${verb.verb} ${preset}`, { example, ...presetAction }, args, terminal);
  const isNear = nearest(word, Object.keys(actions)) !== null;
  const mistake =
    word === ''
      ? `${verb.verb} needs an action`
      : `${verb.verb}: unknown action: ${word}${didYouMean(word, Object.keys(actions))}`;
  terminal.report([`backup-mx: ${mistake}`, ...(isNear ? [] : usage)].join('\n'));
  return WRONG_USE;
}

/** The action that a word names, by its own name or by a word for the same. */
function actionOf({ actions }: VerbTable, word: string): string | null {
  if (Object.hasOwn(actions, word)) return word;
  const same = SAME.find((words) => words.includes(word)) ?? [];
  return same.find((each) => Object.hasOwn(actions, each)) ?? null;
}

async function runAction(
  name: string,
  action: Action | LocalAction,
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const grammar = grammarOf(action.usage);
  // A thing may be called "help", but not where a verb of one action takes a domain; an option is never one.
  const isHelpWord = args.length === 1 && args[0] === 'help' && (grammar.most === 0 || !name.includes(' '));
  if (args.includes('--help') || args.includes('-h') || isHelpWord) {
    terminal.print(actionHelp(name, action));
    return DONE;
  }
  const given = parse(grammar, args);
  if (typeof given === 'string') {
    terminal.report(`backup-mx: ${name}: ${visibleLines(given)}\n${usageLine(name, action.usage)}`);
    return WRONG_USE;
  }
  const progress = startProgress(terminal);
  try {
    if ('runLocally' in action) return await action.runLocally(given, terminal);
    const account = accountOf(terminal.env);
    const { ask } = connect(account, terminal.interruption);
    const nowMs = Date.now();
    const time = timeText(nowMs, given.isSet('utc'));
    const shown = await action.run({ ...given, ask, account, terminal, progress, time });
    progress.end();
    return show(shown, terminal, { isJson: given.isSet('json'), options: Object.keys(grammar.options) });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    progress.end();
    terminal.report(`backup-mx: ${visibleLines(error.message)}`);
    return error instanceof UsageError ? WRONG_USE : FAILED;
  } finally {
    progress.end();
  }
}
