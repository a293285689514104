/** What the alert rules and the dashboard ask Prometheus for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');

/** `accepted_total`, without the prefix and what a histogram appends, and the labels that the same expression names. */
export interface MetricUse {
  readonly expression: string;
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

interface Dashboard {
  readonly panels: readonly {
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

function useOf(expression: string, legend = ''): MetricUse {
  const matchers = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) => [
    ...inside.matchAll(/(\w+)\s*(?:=|!)/g),
  ]);
  const groups = [...expression.matchAll(/\b(?:by|without) \(([^)]*)\)/g)].flatMap(([, list = '']) => [
    ...list.matchAll(/(\w+)/g),
  ]);
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)];
  return {
    expression,
    metrics: [...expression.matchAll(/\bbackup_mx_(\w+?)(?:_bucket)?\b/g)].map(([, name = '']) => name),
    labels: [...matchers, ...groups, ...shown].map(([, label = '']) => label),
  };
}

export function metricUses(): readonly MetricUse[] {
  const rules = parse(readFileSync(join(DEPLOY, 'prometheus', 'backup-mx.rules.yaml'), 'utf8')) as Rules;
  const dashboard = JSON.parse(readFileSync(join(DEPLOY, 'grafana', 'backup-mx.json'), 'utf8')) as Dashboard;
  return [
    ...rules.groups.flatMap((group) => group.rules.map(({ expr }) => useOf(expr))),
    ...dashboard.panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr, legendFormat }) => useOf(expr, legendFormat)),
    ),
  ];
}
