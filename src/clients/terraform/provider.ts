/** The provider `backupmx`: its block, and what it offers. */
import { type Account, accountOf, ClientError, connect, type Environment } from '../api/connection.ts';
import { type Api, type ApiParts, createApi } from './api.ts';
import { domainsSource, outagesSource, tenantsSource } from './data-lists.ts';
import { doctorSource, domainSource, serviceSource } from './data-sources.ts';
import { alertContactResource } from './resources/alert-contact.ts';
import { dnsblResource, dnswlResource } from './resources/dns-lists.ts';
import { domainResource } from './resources/domain.ts';
import { pauseResource } from './resources/pause.ts';
import { recipientListResource } from './resources/recipient-list.ts';
import { tenantResource } from './resources/tenant.ts';
import { ephemeralToken, ephemeralTokenSecret, tokenResource } from './resources/token.ts';
import { webhookResource } from './resources/webhook.ts';
import type { Configured, ProviderDefinition } from './sdk/provider.ts';
import { type Attributes, optional } from './sdk/schema.ts';
import { type State, textOf } from './sdk/value.ts';

const ATTRIBUTES: Attributes = {
  url: optional(
    'string',
    'The address of the service: `https://mx.example.net`. Default `BACKUP_MX_URL`, or the service of this machine.',
    {
      check: (value) =>
        typeof value === 'string' && /^https?:\/\/[^\s/]+/.test(value)
          ? null
          : 'Expected an address such as https://mx.example.net.',
    },
  ),
  token: optional(
    'string',
    'The token of the service. Prefer `BACKUP_MX_TOKEN`, or `BACKUP_MX_TOKEN_FILE` for a file: a value here may end in files that others read.',
    { isSensitive: true },
  ),
};

export interface ProviderParts {
  readonly env: Environment;
  /** Aborted when the user wants it all to end. */
  readonly stopping: AbortController;
  readonly now: () => Date;
}

export function createProvider({ env, stopping, now }: ProviderParts): ProviderDefinition<Api> {
  const pause = async (ms: number): Promise<boolean> => {
    const { signal } = stopping;
    if (signal.aborted) return true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
    return signal.aborted;
  };
  return {
    description: 'Backup MX: a second mail server for domains, described in Terraform.',
    attributes: ATTRIBUTES,
    resources: {
      backupmx_domain: domainResource,
      backupmx_recipient_list: recipientListResource,
      backupmx_dnsbl: dnsblResource,
      backupmx_dnswl: dnswlResource,
      backupmx_pause: pauseResource,
      backupmx_webhook: webhookResource,
      backupmx_alert_contact: alertContactResource,
      backupmx_token: tokenResource,
      backupmx_tenant: tenantResource,
    },
    dataSources: {
      backupmx_service: serviceSource,
      backupmx_domain: domainSource,
      backupmx_doctor: doctorSource,
      backupmx_domains: domainsSource,
      backupmx_tenants: tenantsSource,
      backupmx_outages: outagesSource,
    },
    ephemeralResources: {
      backupmx_token: ephemeralToken,
      backupmx_token_secret: ephemeralTokenSecret,
    },
    configure: (config) => configure(env, config, { pause, now }),
    stop: () => stopping.abort(),
  };
}

function configure(env: Environment, config: State, parts: Pick<ApiParts, 'pause' | 'now'>): Configured<Api> {
  const [url, token] = [textOf(config['url']), textOf(config['token'])];
  const given: Partial<Account> = {
    ...(url === null ? {} : { url: { value: url, name: 'url of the provider block' } }),
    ...(token === null ? {} : { token: { value: token, name: 'token of the provider block' } }),
  };
  try {
    // What is under way is finished, also when the user wants it to end: so no request is ever interrupted.
    const { ask } = connect(accountOf(env, given), new AbortController().signal);
    return { kind: 'READY', api: createApi({ ask, ...parts }) };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const summary = 'The provider backupmx cannot be configured';
    return { kind: 'REFUSED', diagnostics: [{ severity: 'ERROR', summary, detail: `${error.message}.` }] };
  }
}
