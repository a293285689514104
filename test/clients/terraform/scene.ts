/** The provider as a child process before a real control plane, by way of a gateway that fails when it is told to; and a folder for what it writes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Harness, startControl, TOKEN } from '../../control/harness.ts';
import { type FailingGateway, startFailingGateway } from '../../helpers/failing-gateway.ts';
import { type Plugin, startPlugin } from '../../helpers/terraform-plugin.ts';

export interface TerraformScene {
  readonly control: Harness;
  /** Passes all on until it is told otherwise. */
  readonly gateway: FailingGateway;
  /** With the operator's token. */
  readonly plugin: Plugin;
  readonly folder: string;
  close(): Promise<void>;
}

export async function startTerraformScene(): Promise<TerraformScene> {
  const folder = await mkdtemp(join(tmpdir(), 'backup-mx-terraform-'));
  const control = await startControl();
  const gateway = await startFailingGateway(control.url);
  const plugin = await startPlugin({ env: { BACKUP_MX_URL: gateway.url, BACKUP_MX_TOKEN: TOKEN } });
  return {
    control,
    gateway,
    plugin,
    folder,
    close: async () => {
      await plugin.shutdown();
      gateway.close();
      await control.close();
      await rm(folder, { recursive: true });
    },
  };
}
