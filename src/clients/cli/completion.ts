/** `backup-mx completion`: a script that completes verbs, actions and options in a shell. */
import { type SingleVerb, UsageError, type Verb, type VerbTable } from './action.ts';
import { grammarOf } from './grammar.ts';

const SHELLS: readonly string[] = ['bash', 'zsh', 'fish'];

/** `load`: all verbs; `words`: the other words that may come first. */
export function completionVerb(load: () => Promise<readonly Verb[]>, words: readonly string[]): SingleVerb {
  return {
    verb: 'completion',
    usage: SHELLS.join('|'),
    says: 'Prints a script that completes the command in a shell.',
    example: 'source <(backup-mx completion bash)',
    runLocally: async ({ args: [shell = ''] }, terminal) => {
      if (!SHELLS.includes(shell)) throw new UsageError(`completion needs one of ${SHELLS.join(', ')}`);
      const verbs = await load();
      const tables = verbs.filter((verb) => 'actions' in verb);
      const single = [...verbs.filter((verb) => !('actions' in verb)).map(({ verb }) => verb), ...words];
      // zsh reads the script of bash with bashcompinit.
      if (shell === 'zsh') terminal.print('autoload -U +X bashcompinit && bashcompinit');
      terminal.print(shell === 'fish' ? fishScript(tables, single) : bashScript(tables, single));
      return 0;
    },
  };
}

/** The options of each action, by verb and action. */
function optionsOf({ actions }: VerbTable): [action: string, options: string[]][] {
  return Object.entries(actions).map(([name, { usage }]) => [name, Object.keys(grammarOf(usage).options)]);
}

/** For `backup-mx completion fish | source`. */
function fishScript(tables: readonly VerbTable[], words: readonly string[]): string {
  const complete = (condition: string, words: string): string => `complete -c backup-mx -f -n '${condition}' ${words}`;
  const seen = '__fish_seen_subcommand_from';
  return [
    complete('__fish_use_subcommand', `-a '${[...tables.map(({ verb }) => verb), ...words].join(' ')}'`),
    ...tables.flatMap((table) => {
      const actions = Object.keys(table.actions).join(' ');
      return [
        complete(`${seen} ${table.verb}; and not ${seen} ${actions}`, `-a '${actions}'`),
        ...optionsOf(table).map(([name, options]) =>
          complete(`${seen} ${table.verb}; and ${seen} ${name}`, options.map((option) => `-l ${option}`).join(' ')),
        ),
      ];
    }),
  ].join('\n');
}

function bashScript(tables: readonly VerbTable[], words: readonly string[]): string {
  const verbs = [...tables.map(({ verb }) => verb), ...words];
  const cases = tables.map(({ verb, actions }) => `    ${verb}) words="${Object.keys(actions).join(' ')}" ;;`);
  const options = tables.flatMap((table) =>
    optionsOf(table).map(
      ([name, of]) => `    "${table.verb} ${name}") words="${of.map((option) => `--${option}`).join(' ')}" ;;`,
    ),
  );
  return [
    '_backup_mx() {',
    '  local words="" current="${COMP_WORDS[COMP_CWORD]}"',
    `  if [ "$COMP_CWORD" -eq 1 ]; then words="${verbs.join(' ')}"`,
    '  elif [ "$COMP_CWORD" -eq 2 ]; then case "${COMP_WORDS[1]}" in',
    ...cases,
    '    esac',
    '  else case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in',
    ...options,
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    // Where no word of ours fits, a file may: after --file and --from.
    'complete -o default -F _backup_mx backup-mx',
  ].join('\n');
}
