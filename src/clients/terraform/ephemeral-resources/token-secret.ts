/** `backupmx_token_secret`: a new random secret for a token, made here; the service is not asked. */
import { randomBytes } from 'node:crypto';
import type { Api } from '../api.ts';
import type { EphemeralResource } from '../sdk/resource.ts';

export const ephemeralTokenSecret: EphemeralResource<Api> = {
  description:
    'A new random secret, for `secret_wo` of the resource [`backupmx_token`](resource-token.md) and for the write-only argument of a secret store, with one version for both. Each run makes a new secret, ' +
    'and only a run in which the version changes uses it. It is in no plan and no state. If the run fails and only one of the two has accepted it, raise the version again. ' +
    'It makes no request. Needs Terraform 1.10, and `secret_wo` 1.11.',
  example: `ephemeral "backupmx_token_secret" "example" {}

resource "backupmx_token" "stored" {
  name              = "report"
  scopes            = ["QUEUE_READ"]
  secret_wo         = ephemeral.backupmx_token_secret.example.secret
  secret_wo_version = 1
}`,
  attributes: {
    secret: {
      type: 'string',
      use: 'COMPUTED',
      isSensitive: true,
      description: 'The secret: `bmx_` and 256 random bits.',
    },
  },
  title: () => 'token secret',
  open: async () => {
    const secret = `bmx_${randomBytes(32).toString('base64url')}`;
    return { kind: 'OPEN', values: { secret }, held: {} };
  },
};
