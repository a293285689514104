/** `backup-mx plan` and `apply` against a real control plane: files that are right, and files that are not. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { applyVerb, planVerb } from '../../../src/clients/cli/apply.ts';
import { type Harness, startControl, TOKEN } from '../../control/harness.ts';
import { callVerb } from './call-verb.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

describe('plan and apply', () => {
  const FILE = `# yaml-language-server: $schema=manifest.schema.json
owner: { key: file, value: one }
domains:
  - name: yaml.example
    recipientList: [alice]
    deliverTo:
      - host: mx.yaml.example
  - name: other.example
    tlsPolicy: REQUIRED
`;
  const readInput = async () => FILE;

  test('say what is to be done, do it, and then have nothing to do', async () => {
    const plan = [
      '+ yaml.example',
      '  + deliverTo: mx.yaml.example:25',
      '  + labels: file=one',
      '  + recipientList: 1 entry: +1 (alice)',
      '+ other.example',
      '  + labels: file=one',
      '  + tlsPolicy: REQUIRED',
    ];
    expect(await callVerb(control.url, planVerb, ['--file', '-'], { readInput })).toEqual({
      code: 0,
      out: [...plan, 'Plan: 2 to add, 0 to change, 0 to remove, 0 unchanged.'],
      err: [],
    });
    expect((await callVerb(control.url, applyVerb, ['--file', '-'], { readInput })).out).toEqual([
      ...plan,
      'Done: 2 added, 0 changed, 0 removed, 0 unchanged.',
    ]);
    expect((await callVerb(control.url, planVerb, ['--file', '-'], { readInput })).out).toEqual([
      'Plan: 0 to add, 0 to change, 0 to remove, 2 unchanged.',
    ]);
    // As users of Terraform know it.
    expect((await callVerb(control.url, planVerb, ['-f', '-', '--detailed-exitcode'], { readInput })).code).toBe(0);
    const more = async () => `${FILE}  - name: more.example\n`;
    expect((await callVerb(control.url, planVerb, ['-f', '-', '--detailed-exitcode'], { readInput: more })).code).toBe(
      2,
    );
    expect((await callVerb(control.url, planVerb, ['-f', '-'], { readInput: more })).code).toBe(0);
    const less = async () =>
      FILE.replace(/ {2}- name: other[^]*/, '')
        .replace('alice', 'bob')
        .replace(/ +deliverTo:\n.*\n/, '');
    const changes = [
      '~ yaml.example',
      '  ~ deliverTo: mx.yaml.example:25 → (MX)',
      '  ~ recipientList: 1 entry → 1 entry: +1 (bob) −1 (alice)',
      '- other.example',
    ];
    expect(
      (await callVerb(control.url, planVerb, ['--file', '-', '--prune'], { readInput: less })).out.slice(0, -1),
    ).toEqual(changes);
    const env = { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: TOKEN };
    const coloured = { readInput: less, isScreen: true };
    const { out } = await callVerb(control.url, planVerb, ['--file', '-', '--prune'], coloured);
    expect([out[0], out[1], out[3]]).toEqual([
      '\u001b[33m~\u001b[0m yaml.example',
      '  \u001b[33m~\u001b[0m deliverTo: mx.yaml.example:25 → (MX)',
      '\u001b[31m-\u001b[0m other.example',
    ]);
    const plain = { ...coloured, env: { ...env, NO_COLOR: '1' } };
    expect((await callVerb(control.url, planVerb, ['--file', '-', '--prune'], plain)).out.slice(0, -1)).toEqual(
      changes,
    );
    const json = (await callVerb(control.url, planVerb, ['--file', '-', '--json'], { readInput: less })).out.join('\n');
    expect(JSON.parse(json)).toMatchObject({
      plan: [
        {
          action: 'UPDATE',
          differences: [
            { field: 'DELIVER_TO', before: 'mx.yaml.example:25', after: null },
            { field: 'RECIPIENT_LIST', before: '1 entry', after: '1 entry: +1 (bob) −1 (alice)' },
          ],
        },
      ],
    });
    expect(
      (await callVerb(control.url, applyVerb, ['--file', '-', '--prune', '--yes'], { readInput: less })).out.slice(
        0,
        -1,
      ),
    ).toEqual(changes);
  });

  test('name unknown keys and wrong types with line and column, and do nothing', async () => {
    const bad = async () =>
      'domains:\n  - name: a.example\n    deliverto: []\n    hasCallAheads: "yes"\n    drainPerMinute: 1.5\n    tlsPolicy: SOME\n  - recipientList: alice\n';
    expect(await callVerb(control.url, applyVerb, ['--file', '-'], { readInput: bad })).toEqual({
      code: 1,
      out: [],
      err: [
        'backup-mx: -:3:5: unknown key "deliverto": did you mean deliverTo?',
        'backup-mx: -:4:20: expected true or false',
        'backup-mx: -:5:21: expected a whole number',
        expect.stringMatching(/^backup-mx: -:6:16: expected one of NONE, OPPORTUNISTIC/),
        'backup-mx: -:7:20: expected a list',
        'backup-mx: -:7:5: name is missing',
      ],
    });
    const broken = async () => 'domains: [a\n';
    expect((await callVerb(control.url, planVerb, ['--file', '-'], { readInput: broken })).err[0]).toMatch(
      /^backup-mx: -:\d+:\d+: /,
    );
    expect((await callVerb(control.url, planVerb, ['--file', '/nowhere.yaml'])).err[0]).toContain(
      'cannot read /nowhere.yaml',
    );
    const bomb = async () => 'domains: &a [*a]\n';
    expect(await callVerb(control.url, planVerb, ['--file', '-'], { readInput: bomb })).toMatchObject({
      code: 1,
      out: [],
      err: [expect.stringMatching(/^backup-mx: -:\d+:\d+: /)],
    });
    const alias = async () => 'owner: &a { key: k, value: v }\ndomains: [*a, { name: c.example, labels: *a }]\n';
    expect((await callVerb(control.url, planVerb, ['--file', '-'], { readInput: alias })).err).toEqual([
      expect.stringMatching(/^backup-mx: -:1:13: unknown key "key"/),
      expect.stringMatching(/^backup-mx: -:1:21: unknown key "value"/),
      'backup-mx: -:1:11: name is missing',
      'backup-mx: -:1:11: expected a list',
    ]);
    const refused = async () => 'domains:\n  - name: b.example\n  - name: not a domain\n';
    expect((await callVerb(control.url, planVerb, ['--file', '-'], { readInput: refused })).err).toEqual([
      expect.stringMatching(/^backup-mx: not a domain\.name: .*\(NOT_A_DOMAIN: \S+\)$/),
    ]);
  });
});
