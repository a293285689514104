/**
 * Counters and histograms under one prefix, with labels that cannot grow without end.
 */
import { Counter, Histogram, type Registry } from 'prom-client';

export const PREFIX = 'backup_mx_';
const MAX_LABEL_VALUES = 40;

export type Count = (by: number, label?: string) => void;

export interface CounterLabel {
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
export function labelBound(): (value: string) => string {
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
