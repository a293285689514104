/**
 * GraphiQL as one page without a single request to another host: its scripts, styles and workers are part of it.
 *
 * The page is made at the first call and kept. Its Content-Security-Policy names the one script by its hash and forbids the
 * browser to talk to anybody but us, whatever the page's nine megabytes would like. Tokens typed into it are not stored.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface GraphiqlPage {
  readonly html: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
  readonly contentSecurityPolicy: string;
}

const DEFAULT_QUERY = `# Fill in the operator token under "Headers" below; the service says at its start where it is.
# Then press the round arrow on the left to load the schema.

query Overview {
  service {
    version
    mxNames
    egressAddresses
  }
  domains(first: 20) {
    nodes {
      name
      status
      queue { heldCount heldBytes oldestAcceptedAt nextAttemptAt }
      outage { startedAt class lastReply nextProbeAt }
    }
  }
}
`;

let page: Promise<GraphiqlPage> | null = null;

export function loadGraphiql(): Promise<GraphiqlPage> {
  page ??= makePage();
  return page;
}

async function makePage(): Promise<GraphiqlPage> {
  // Loaded when somebody looks: it takes memory that a service without a browser has no use for.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Backup MX',
    endpoint: '/graphql',
    headers: '{"Authorization": "Bearer "}',
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'headers',
    defaultQuery: DEFAULT_QUERY,
    isHeadersEditorEnabled: true,
  });
  // A copy with an ArrayBuffer of its own, as a response's body takes it.
  const bytes = new Uint8Array(Buffer.from(html));
  return {
    html: bytes,
    gzipped: new Uint8Array(await promisify(gzip)(bytes)),
    contentSecurityPolicy: policyOf(html),
  };
}

function policyOf(html: string): string {
  const script = html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    // The editor writes style elements as it goes.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    'worker-src blob:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
