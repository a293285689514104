/** `backupmx_service`: what DNS records and firewalls need to know of the service. */
import type { Api } from '../api.ts';
import type { DataSource } from '../sdk/resource.ts';

interface Service {
  readonly version: string;
  readonly mxNames: readonly string[];
  readonly egressAddresses: readonly string[];
  readonly messageSizeLimitBytes: number;
}

export const serviceSource: DataSource<Api> = {
  description: 'The service itself: the names to put into MX records, and the addresses to let in.',
  example: `data "backupmx_service" "this" {}

output "backup_mx_records" {
  value = [for name in data.backupmx_service.this.mx_names : "20 \${name}"]
}`,
  attributes: {
    mx_names: {
      type: ['list', 'string'],
      use: 'COMPUTED',
      description: 'The names of the service for your MX records: add each of them, all at one preference.',
    },
    egress_addresses: {
      type: ['list', 'string'],
      use: 'COMPUTED',
      description: 'The addresses it connects from. Let them through firewalls, greylisting and rate limits.',
    },
    message_size_limit_bytes: { type: 'number', use: 'COMPUTED', description: 'The largest message that is accepted.' },
    version: { type: 'string', use: 'COMPUTED', description: 'The version of the program.' },
  },
  async read({ ask }) {
    const { service } = await ask<{ service: Service }>(
      '{ service { version mxNames egressAddresses messageSizeLimitBytes } }',
    );
    return {
      mx_names: service.mxNames,
      egress_addresses: service.egressAddresses,
      message_size_limit_bytes: service.messageSizeLimitBytes,
      version: service.version,
    };
  },
};
