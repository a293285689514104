/**
 * Sends spans to a collector: OTLP over HTTP in JSON (opentelemetry.io/docs/specs/otlp), in batches.
 *
 * Promises never to wait, throw or grow without end: what the collector does not take in time is dropped, counted and reported.
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
  /** Spans of another trace that it is about. */
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** The status of the answer, or why there is none. */
type Posted = { readonly status: number } | { readonly reason: string };

export interface OtlpOptions {
  /** Posts JSON to the collector, within bounds of time and octets. Never rejects. */
  readonly post: (
    body: string,
    bounds: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<Posted>;
  /** service.name, service.version and the like. */
  readonly resource: Readonly<Record<string, string>>;
  /** The collector takes nothing, or too little; again only after a minute without trouble. */
  readonly onTrouble: (message: string) => void;
  readonly onDropped: (spanCount: number) => void;
  readonly monotonicMs: () => number;
}

export interface Otlp {
  add(span: Span): void;
  /** Sends what waits; within two seconds, whatever the collector does. */
  close(): Promise<void>;
}

const SEND_EVERY_MS = 2000;
const MOST_WAITING = 4096;
const BATCH = 512;
const TIMEOUT_MS = 5000;
const CLOSE_MS = 2000;
const QUIET_MS = 60_000;
/** A message may be for a thousand domains. */
const MOST_CHARACTERS = 1024;

export function createOtlp(options: OtlpOptions): Otlp {
  const { monotonicMs } = options;
  const waiting: Span[] = [];
  let troubleAtMs = Number.NEGATIVE_INFINITY;
  let sending: Promise<void> | null = null;
  let underWay: AbortController | null = null;
  const end = new AbortController();

  const drop = (spanCount: number, message: string): void => {
    const nowMs = monotonicMs();
    if (nowMs - troubleAtMs > QUIET_MS) options.onTrouble(`${message}: spans are dropped`);
    troubleAtMs = nowMs;
    options.onDropped(spanCount);
  };
  const post = async (spans: readonly Span[]): Promise<void> => {
    const controller = new AbortController();
    underWay = controller;
    const body = JSON.stringify(exportOf(options.resource, spans));
    const posted = await options.post(body, { timeoutMs: TIMEOUT_MS, signal: controller.signal });
    underWay = null;
    if ('reason' in posted) {
      drop(spans.length, `the collector of traces cannot be reached (${posted.reason})`);
    } else if (posted.status < 200 || posted.status > 299) {
      drop(spans.length, `the collector of traces answers ${posted.status}`);
    }
  };
  /** Whole batches, and at `least` 1 the rest too. */
  const send = async (least: number): Promise<void> => {
    while (waiting.length >= least && !end.signal.aborted) await post(waiting.splice(0, BATCH));
  };
  const start = (least: number): void => {
    sending ??= send(least).finally(() => {
      sending = null;
    });
  };
  const timer = setInterval(() => start(1), SEND_EVERY_MS);
  timer.unref();

  return {
    add(span) {
      if (waiting.length >= MOST_WAITING) return drop(1, 'the collector of traces is too slow');
      waiting.push(span);
      if (waiting.length >= BATCH) start(BATCH);
      return undefined;
    },
    async close() {
      clearInterval(timer);
      const late = setTimeout(() => {
        end.abort();
        underWay?.abort();
      }, CLOSE_MS);
      // What is on its way, then what is left.
      await sending;
      await send(1);
      clearTimeout(late);
      if (waiting.length > 0) drop(waiting.splice(0).length, 'the collector of traces is too slow for the end');
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
  links,
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
    ...(links === undefined ? {} : { links }),
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
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value.slice(0, MOST_CHARACTERS) },
  }));
}
