/** A collector of traces: takes OTLP over HTTP in JSON, checks its form, and keeps the spans. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SpanSeen {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly status: { readonly code?: number };
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}

export interface TraceCollector {
  /** OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: SpanSeen[];
  /** All bodies as they came. */
  readonly bodies: string[];
  readonly resources: Record<string, string>[];
  /** Paths with the header Authorization. */
  readonly requests: string[];
  close(): Promise<void>;
}

function plain(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? '']));
}

export async function startTraceCollector(status = 200): Promise<TraceCollector> {
  const seen: Omit<TraceCollector, 'url' | 'close'> = { spans: [], bodies: [], resources: [], requests: [] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      seen.bodies.push(body);
      seen.requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
      const { resourceSpans } = JSON.parse(body) as {
        resourceSpans: {
          resource: { attributes: Attribute[] };
          scopeSpans: { spans: (Omit<SpanSeen, 'attributes'> & { attributes: Attribute[] })[] }[];
        }[];
      };
      for (const { resource, scopeSpans } of resourceSpans) {
        seen.resources.push(plain(resource.attributes));
        for (const { spans } of scopeSpans) {
          seen.spans.push(...spans.map((span) => ({ ...span, attributes: plain(span.attributes) })));
        }
      }
      response.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
