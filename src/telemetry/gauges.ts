/**
 * The kinds of metrics: counters and histograms under one prefix, with bounded labels, and gauges, which are read at each
 * scrape. Each module registers its own gauges.
 *
 * Gauges of one source are there or absent together: if their source fails or is slow, they are absent from that scrape, not
 * zero. So is a gauge whose value is null.
 */
import { Gauge, Registry, Counter, Histogram } from 'prom-client';

export const PREFIX = 'backup_mx_';
const MAX_LABEL_VALUES = 40;

type Count = (by: number, label?: string) => void;

interface CounterLabel {
  readonly name: string;
  /** There from the start with 0, so that a rate over the first event is right. */
  readonly values?: readonly string[];
}

/** A counter with one label at most; its first 40 values are kept apart, more are `other`. */
export function counterMaker(registry: Registry): (name: string, help: string, label?: CounterLabel) => Count {
  return (name, help, label) => {
    const labelNames = label === undefined ? [] : [label.name];
    const made = new Counter({ name: PREFIX + name, help, labelNames, registers: [registry] });
    if (label === undefined) return (by) => made.inc(by);
    const bounded = labelBound();
    for (const value of label.values ?? []) made.inc({ [label.name]: bounded(value) }, 0);
    return (by, value = 'other') => made.inc({ [label.name]: bounded(value) }, by);
  };
}

/** Lets the first 40 values pass; any further one is `other`. */
function labelBound(): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.size < MAX_LABEL_VALUES) seen.add(value);
    return seen.has(value) ? value : 'other';
  };
}

/** Both labels are bounded. */
export function pairCounter(
  registry: Registry,
  { name, help, labels }: { readonly name: string; readonly help: string; readonly labels: readonly [string, string] },
): (first: string, second: string) => void {
  const made = new Counter({ name: PREFIX + name, help, labelNames: [...labels], registers: [registry] });
  const bounds = [labelBound(), labelBound()] as const;
  return (first, second) => made.labels(bounds[0](first), bounds[1](second)).inc();
}

export function histogram(registry: Registry, name: string, help: string, buckets: number[]): Histogram {
  return new Histogram({ name: PREFIX + name, help, buckets, registers: [registry] });
}

/** The help text of a gauge, and the label whose values a reading holds; without a label it is one value. */
type GaugeHelp = string | { readonly help: string; readonly label: string };

/** One value, or one for each value of the label. */
type GaugeValue = number | Readonly<Record<string, number>>;

export interface GaugeRegistry {
  /** Registers one gauge that is its own source. */
  readonly gauge: (name: string, help: GaugeHelp, read: () => GaugeValue | null | Promise<GaugeValue | null>) => void;
  /** Registers several gauges of one source, by their names. */
  readonly gauges: <Name extends string>(
    source: string,
    helps: Readonly<Record<Name, GaugeHelp>>,
    read: () => Promise<Readonly<Record<Name, GaugeValue>>>,
  ) => void;
}

export interface GaugeSource {
  readonly name: string;
  /** The exposition of its gauges; '' if they are absent now. Rejects if the source fails. */
  readonly render: () => Promise<string>;
}

/** @param add takes each source that is registered */
export function createGaugeRegistry(add: (source: GaugeSource) => void): GaugeRegistry {
  const gauges = <Name extends string>(
    source: string,
    helps: Readonly<Record<Name, GaugeHelp>>,
    read: () => Promise<Readonly<Record<Name, GaugeValue>> | null>,
  ): void => {
    const registry = new Registry();
    const made = new Map(
      Object.entries<GaugeHelp>(helps).map(([name, help]) => [name, makeGauge(registry, name, help)] as const),
    );
    const render = async (): Promise<string> => {
      const values = await read();
      if (values === null) return '';
      for (const [name, value] of Object.entries<GaugeValue>(values)) made.get(name)?.(value);
      return registry.metrics();
    };
    add({ name: source, render });
  };
  return {
    gauges,
    gauge: (name, help, read) =>
      gauges(name, { [name]: help }, async () => {
        const value = await read();
        return value === null ? null : { [name]: value };
      }),
  };
}

function makeGauge(registry: Registry, name: string, given: GaugeHelp): (value: GaugeValue) => void {
  const { help, label = null } = typeof given === 'string' ? { help: given } : given;
  const labelNames = label === null ? [] : [label];
  const made = new Gauge({ name: PREFIX + name, help, labelNames, registers: [registry] });
  return (value) => {
    if (typeof value === 'number') return made.set(value);
    for (const [of, count] of Object.entries(value)) made.set({ [label ?? '']: of }, count);
    return undefined;
  };
}

/** A scrape does not wait for a reading that takes longer. */
const SLOW_MS = 10;
/** Prometheus scrapes once a minute at least; an older reading is not given out. */
const MOST_AGE_MS = 60_000;

/**
 * As `read`, one at a time; once it has become slow, the caller gets the reading before and the next is made meanwhile. After a
 * failure the next one is waited for, so that trouble shows.
 */
export function staleWhileReading<T>(read: () => Promise<T>, nowMs: () => number): () => Promise<T> {
  let last: { readonly value: T; readonly atMs: number; readonly tookMs: number } | null = null;
  let renewing: Promise<T> | null = null;
  const renew = async (): Promise<T> => {
    const startedAtMs = nowMs();
    try {
      const value = await read();
      last = { value, atMs: nowMs(), tookMs: nowMs() - startedAtMs };
      return value;
    } catch (error) {
      last = null;
      throw error;
    } finally {
      renewing = null;
    }
  };
  return async () => {
    const before = last;
    renewing ??= renew();
    if (before === null || before.tookMs <= SLOW_MS || nowMs() - before.atMs > MOST_AGE_MS) return renewing;
    renewing.catch(() => undefined);
    return before.value;
  };
}
