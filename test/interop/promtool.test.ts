/** Our alert rules, as Prometheus reads and evaluates them. */
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { runPromtool, whyNoPromtool } from '../helpers/promtool.ts';
import { isSkipped } from './mail.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'prometheus');

describe.skipIf(isSkipped('promtool on the alert rules', whyNoPromtool()))('promtool', () => {
  test('the rules are well-formed', () => {
    const { status, output } = runPromtool(['check', 'rules', join(FOLDER, 'backup-mx.rules.yaml')]);
    expect(output).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  test('each fires when it should, once for the whole service, and none on a quiet day', () => {
    const { status, output } = runPromtool(['test', 'rules', join(FOLDER, 'backup-mx.rules.test.yaml')]);
    expect(output).toContain('SUCCESS');
    expect(status).toBe(0);
  });
});
