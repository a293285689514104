/** `backup-mx completion`: a script that completes verbs, actions and options in a shell. */
import type { VerbTable } from './action.ts';
import { BAD_USE, DONE, type Verb } from './terminal.ts';

/** For a shell that reads `source <(backup-mx completion bash)`; zsh reads the same with bashcompinit. */
export function completionVerb(tables: readonly VerbTable[], words: readonly string[]): Verb {
  return async (args, terminal) => {
    const [shell] = args;
    if ((shell !== 'bash' && shell !== 'zsh') || args.length > 1) {
      terminal.tell('backup-mx: completion takes bash or zsh');
      return BAD_USE;
    }
    if (shell === 'zsh') terminal.print('autoload -U +X bashcompinit && bashcompinit');
    terminal.print(bashScript(tables, words));
    return DONE;
  };
}

function bashScript(tables: readonly VerbTable[], words: readonly string[]): string {
  const verbs = [...tables.map(({ verb }) => verb), ...words];
  const cases = tables.map(({ verb, actions }) => `    ${verb}) words="${Object.keys(actions).join(' ')}" ;;`);
  const options = tables.flatMap(({ verb, actions }) =>
    Object.entries(actions).map(
      ([name, action]) =>
        `    "${verb} ${name}") words="${[...Object.keys(action.options), 'json'].map((option) => `--${option}`).join(' ')}" ;;`,
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
    'complete -F _backup_mx backup-mx',
  ].join('\n');
}
