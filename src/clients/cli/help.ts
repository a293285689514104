/** The help of a verb, an action, or all. */
import type { Described, Verb } from './action.ts';
import { choicesIn } from './grammar.ts';

export const HELP_WORDS: readonly string[] = ['help', '--help', '-h'];

/** Columns, where the terminal does not say how many it has. */
const WIDTH = 100;

/** A line for the list of all verbs, and a sentence below it. */
export function summaryOf(verb: Verb): string {
  const usage = 'actions' in verb ? Object.keys(verb.actions).join('|') : verb.usage;
  return helpOf(verb.verb, { usage, says: verb.says });
}

export function helpOf(name: string, { usage, says }: Described): string {
  return `${usageLine(name, usage)}\n${indented(says, 6)}`;
}

/** The help of one action: its usage, the values of the closed sets in it, and an example. */
export function actionHelp(name: string, action: Described): string {
  const choices = choicesIn(action.usage).map(([word, values]) => indented(`${word}: ${values.join(', ')}`, 6));
  return [helpOf(name, action), ...choices, `Example: ${action.example ?? ''}`].join('\n');
}

export function usageLine(name: string, usage: string): string {
  return `  backup-mx ${name} ${usage}`.trimEnd();
}

/** Words of a text in lines, each indented. */
function indented(text: string, by: number): string {
  const margin = ' '.repeat(by);
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && by + last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => margin + line).join('\n');
}
