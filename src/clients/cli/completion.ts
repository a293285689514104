/** `backup-mx completion`: a script that completes verbs, actions and options in a shell. */
import { HELP_WORDS, type VerbTable } from './action.ts';
import { BAD_USE, DONE, type Verb } from './terminal.ts';

/** For a shell that reads `source <(backup-mx completion bash)`; zsh reads the same with bashcompinit. */
export function completionVerb(tables: readonly VerbTable[], words: readonly string[]): Verb {
  return async (args, terminal) => {
    const [shell] = args;
    if (shell !== undefined && HELP_WORDS.includes(shell)) {
      terminal.print(`  backup-mx completion ${SHELLS.join('|')}\nExample: source <(backup-mx completion bash)`);
      return DONE;
    }
    if (shell === undefined || !SHELLS.includes(shell) || args.length > 1) {
      terminal.report(`backup-mx: completion needs one of ${SHELLS.join(', ')}`);
      return BAD_USE;
    }
    if (shell === 'fish') {
      terminal.print(fishScript(tables, words));
      return DONE;
    }
    if (shell === 'zsh') terminal.print('autoload -U +X bashcompinit && bashcompinit');
    terminal.print(bashScript(tables, words));
    return DONE;
  };
}

const SHELLS: readonly string[] = ['bash', 'zsh', 'fish'];

/** For `backup-mx completion fish | source`. */
function fishScript(tables: readonly VerbTable[], words: readonly string[]): string {
  const complete = (condition: string, words: string): string => `complete -c backup-mx -f -n '${condition}' ${words}`;
  const seen = '__fish_seen_subcommand_from';
  return [
    complete('__fish_use_subcommand', `-a '${[...tables.map(({ verb }) => verb), ...words].join(' ')}'`),
    ...tables.flatMap(({ verb, actions }) => [
      complete(
        `${seen} ${verb}; and not ${seen} ${Object.keys(actions).join(' ')}`,
        `-a '${Object.keys(actions).join(' ')}'`,
      ),
      ...Object.entries(actions).map(([name, action]) =>
        complete(
          `${seen} ${verb}; and ${seen} ${name}`,
          [...Object.keys(action.options ?? {}), 'json'].map((option) => `-l ${option}`).join(' '),
        ),
      ),
    ]),
  ].join('\n');
}

function bashScript(tables: readonly VerbTable[], words: readonly string[]): string {
  const verbs = [...tables.map(({ verb }) => verb), ...words];
  const cases = tables.map(({ verb, actions }) => `    ${verb}) words="${Object.keys(actions).join(' ')}" ;;`);
  const options = tables.flatMap(({ verb, actions }) =>
    Object.entries(actions).map(
      ([name, action]) =>
        `    "${verb} ${name}") words="${[...Object.keys(action.options ?? {}), 'json'].map((option) => `--${option}`).join(' ')}" ;;`,
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
