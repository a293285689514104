/**
 * How Terraform and a plugin find each other: what the environment must hold, and the one line that the plugin prints. Pure.
 */
import type { Environment } from '../../api/connection.ts';

const COOKIE_NAME = 'TF_PLUGIN_MAGIC_COOKIE';
/** The same for every provider; it keeps people from starting one by hand. */
const COOKIE = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2';

/** The version of the line itself. */
const CORE_VERSION = 1;
const PLUGIN_PROTOCOL = 6;

export type Summons =
  /** Terraform's certificate in PEM; null where it wants no TLS. */
  | { readonly kind: 'SUMMONED'; readonly clientCertificate: string | null }
  /** In a line for the user. */
  | { readonly kind: 'REFUSED'; readonly message: string };

/** Reads Terraform's request from the environment that it starts us with. */
export function readSummons(env: Environment): Summons {
  if (env[COOKIE_NAME] !== COOKIE) {
    return {
      kind: 'REFUSED',
      message:
        'This is a Terraform provider. Terraform starts it: install it as docs/terraform says, and run terraform init.',
    };
  }
  const versions = (env['PLUGIN_PROTOCOL_VERSIONS'] ?? String(PLUGIN_PROTOCOL)).split(',');
  if (!versions.includes(String(PLUGIN_PROTOCOL))) {
    return {
      kind: 'REFUSED',
      message: `This provider speaks plugin protocol ${PLUGIN_PROTOCOL}, Terraform ${versions.join(' and ')}: use Terraform 1.0 or newer.`,
    };
  }
  const certificate = env['PLUGIN_CLIENT_CERT'] ?? '';
  return { kind: 'SUMMONED', clientCertificate: certificate === '' ? null : certificate };
}

/** The line, without its end. The certificate goes into it as base64 of its DER without padding: with it Terraform refuses. */
export function handshakeLine(socket: string, certificate: string | null): string {
  const der = (certificate ?? '').replaceAll(/-----[A-Z ]+-----|\s|=/g, '');
  return [CORE_VERSION, PLUGIN_PROTOCOL, 'unix', socket, 'grpc', der].join('|');
}
