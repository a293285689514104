/**
 * Sends spans to a collector: OTLP over HTTP in JSON (opentelemetry.io/docs/specs/otlp), in batches.
 *
 * Promises never to wait, throw or grow without end: what the collector does not take in time is dropped, and the first time told.
 */

export interface Span {
  readonly name: string;
  /** As in OTLP: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** 32 and 16 hex digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface OtlpOptions {
  /** The whole address, `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** service.name, service.version and the like. */
  readonly resource: Readonly<Record<string, string>>;
  /** The collector takes nothing; once until it does again. */
  readonly onTrouble: (message: string) => void;
}

export interface Otlp {
  add(span: Span): void;
  close(): Promise<void>;
}

const SEND_EVERY_MS = 2000;
const MOST_WAITING = 4096;
const BATCH = 512;
const TIMEOUT_MS = 5000;

export function createOtlp(options: OtlpOptions): Otlp {
  const waiting: Span[] = [];
  let isTold = false;
  let sending: Promise<void> | null = null;

  const tell = (message: string): void => {
    if (!isTold) options.onTrouble(message);
    isTold = true;
  };
  const post = async (spans: readonly Span[]): Promise<void> => {
    try {
      const response = await fetch(options.url, {
        method: 'POST',
        headers: { ...options.headers, 'Content-Type': 'application/json' },
        body: JSON.stringify(exportOf(options.resource, spans)),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.arrayBuffer();
      if (response.ok) isTold = false;
      else tell(`the collector of traces answers ${response.status}: spans are dropped`);
    } catch (error) {
      tell(
        `the collector of traces cannot be reached (${error instanceof Error ? error.message : String(error)}): spans are dropped`,
      );
    }
  };
  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) await post(waiting.splice(0, BATCH));
  };
  const send = (): Promise<void> => {
    sending ??= sendAll().finally(() => {
      sending = null;
    });
    return sending;
  };
  const timer = setInterval(() => void send(), SEND_EVERY_MS);
  timer.unref();

  return {
    add(span) {
      if (waiting.length < MOST_WAITING) waiting.push(span);
      else tell('the collector of traces is too slow: spans are dropped');
    },
    async close() {
      clearInterval(timer);
      await send();
      // What came while the last batch was on its way.
      await send();
    },
  };
}

function exportOf(resource: OtlpOptions['resource'], spans: readonly Span[]): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'backup-mx' }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf({
  name,
  kind,
  traceId,
  spanId,
  parentSpanId,
  startedAtMs,
  endedAtMs,
  isError,
  attributes,
}: Span): object {
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name,
    kind,
    startTimeUnixNano: nanosOf(startedAtMs),
    endTimeUnixNano: nanosOf(endedAtMs),
    attributes: attributesOf(attributes),
    status: isError ? { code: 2 } : {},
  };
}

/** 64 bits are a string in protobuf's JSON, and more than a number holds. */
function nanosOf(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}

function attributesOf(attributes: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
}
