/**
 * A token's secret that comes from the configuration and stands in no plan and no state: `secret_wo`, taken when the token is made and
 * whenever `secret_wo_version` has another number. Terraform 1.11.
 *
 * The same value goes to a secret store by a write-only argument there. So nothing of it need be read from us.
 */
import type { UserError } from '../../api/requests.ts';
import type { Diagnostic } from '../sdk/diagnostic.ts';
import type { Attributes } from '../sdk/schema.ts';
import { isKnown, type State, type Value } from '../sdk/value.ts';
import { checkSecretPlace } from './secret.ts';
import { wholeNumber } from './words.ts';

const MOST_VERSIONS = 1_000_000_000;

/** Never with the value: it would stand in Terraform's output. */
function checkSecretForm(value: Value): string | null {
  return typeof value === 'string' && /^bmx_[A-Za-z0-9_-]{43}$/.test(value)
    ? null
    : 'Expected "bmx_" and 43 random letters, digits, "-" or "_", as ephemeral "backupmx_token_secret" makes them.';
}

export const CHOSEN_SECRET: Attributes = {
  secret_wo: {
    type: 'string',
    use: 'OPTIONAL',
    isSensitive: true,
    isWriteOnly: true,
    check: checkSecretForm,
    description:
      'Instead of `secret_file` and `secret_in_state`, with Terraform 1.11: a secret of your own, from [`ephemeral "backupmx_token_secret"`](ephemeral-token-secret.md). Give it to your secret store as well. It is in no plan and no state.',
  },
  secret_wo_version: {
    type: 'number',
    use: 'OPTIONAL',
    isLocal: true,
    isActedOn: true,
    check: wholeNumber(1, MOST_VERSIONS),
    description:
      'The version of `secret_wo`: another number gives the token the present secret there. The previous secret stays valid for one more day.',
  },
};

export function checkSecret(config: State): readonly Diagnostic[] {
  const { secret_wo: secret = null, secret_wo_version: version = null, secret_file: file = null } = config;
  if (secret === null && version === null) return checkSecretPlace(config);
  const mistake = (name: string, detail: string): readonly Diagnostic[] => [
    { severity: 'ERROR', summary: `${name} cannot be used`, detail, path: [name] },
  ];
  if (secret === null) {
    return mistake(
      'secret_wo_version',
      'It says when secret_wo is to be taken, which is not there. Give both or neither.',
    );
  }
  if (version === null) {
    return mistake(
      'secret_wo',
      'Write secret_wo_version = 1 beside it. Another number there has another secret taken.',
    );
  }
  const isPlaced = (isKnown(file) && file !== null) || config['secret_in_state'] === true;
  return isPlaced ? mistake('secret_wo', 'It is yours to keep: leave out secret_file and secret_in_state.') : [];
}

/** Where a mistake of the secret that we have given stands in the configuration. */
export function ofChosen(error: UserError): UserError {
  return error.field[0] === 'secret' ? { ...error, field: ['secretWo'] } : error;
}
