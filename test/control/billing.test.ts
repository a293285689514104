/** Who pays: token, tenant and network, each up to its own bucket; the operator token never. */
import { expect, test } from 'bun:test';
import { createBilling } from '../../src/control/admission/billing.ts';
import { callerOf } from '../../src/control/admission/auth.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';

const tokenOf = (id: string, tenantId: string, address = '192.0.2.1') =>
  callerOf({ id, tenantId, name: id, prefix: id, scopes: ['QUEUE_READ'], isTenantSuspended: false }, address);
const billing = () =>
  createBilling(
    () => 0,
    (address) => (address === '127.0.0.1' ? null : address),
  );

test('a tenant with many tokens has four buckets, a network ten, whatever their tokens', () => {
  const { accountOf } = billing();
  const begun = (make: (index: number) => ReturnType<typeof tokenOf>): number => {
    let count = 0;
    for (; count < 30; count += 1) {
      const account = accountOf(make(count));
      if (account.begin() > 0) break;
      account.charge(500_000);
    }
    return count;
  };
  expect(begun((index) => tokenOf(`a${index}`, 'a', `198.51.100.${index}`))).toBe(4);
  expect(begun((index) => tokenOf(`b${index}`, `b${index}`, '192.0.2.9'))).toBe(10);
  expect(begun((index) => tokenOf(`c${index}`, `c${index}`, '127.0.0.1'))).toBe(30);
  expect(accountOf(tokenOf('d', 'd', '192.0.2.10')).begin()).toBe(0);
});

test('a token of the operator has ten buckets, the operator token no end', () => {
  const { accountOf } = billing();
  const operators = accountOf(tokenOf('terraform', OPERATOR_TENANT_ID));
  for (let turn = 0; turn < 9; turn += 1) operators.charge(500_000);
  expect(operators.begin()).toBe(0);
  operators.charge(500_000);
  expect(operators.begin()).toBeGreaterThan(0);
  const operator = accountOf(callerOf(null, '192.0.2.1'));
  operator.charge(1e12);
  expect(operator.begin()).toBe(0);
});

test('of new texts a token has a fifth of its bucket, a tenant four times that', () => {
  const { accountOf } = billing();
  const one = accountOf(tokenOf('f', 'f'));
  one.chargeText(99_000);
  expect(one.waitOf()).toBe(0);
  one.charge(2_000);
  expect(one.waitOf()).toBe(0);
  one.chargeText(2_000);
  expect(one.waitOf()).toBeGreaterThan(0);
  expect(one.waitForOthers()).toBe(0);
  for (const id of ['g', 'h', 'i']) accountOf(tokenOf(id, 'f')).chargeText(100_000);
  expect(accountOf(tokenOf('j', 'f')).begin()).toBeGreaterThan(0);
});

test('wrong tokens are paid for by their network', () => {
  const { waitOfStranger, chargeStranger } = billing();
  for (let turn = 0; turn < 10_000; turn += 1) chargeStranger('192.0.2.1');
  expect(waitOfStranger('192.0.2.1')).toBeGreaterThan(0);
  expect(waitOfStranger('192.0.2.2')).toBe(0);
  for (let turn = 0; turn < 10_001; turn += 1) chargeStranger('127.0.0.1');
  expect(waitOfStranger('127.0.0.1')).toBe(0);
});

test('what a request has cost itself keeps it from nothing; what others have cost meanwhile does', () => {
  const { accountOf } = billing();
  const [one, other] = [accountOf(tokenOf('e', 'e')), accountOf(tokenOf('e', 'e'))];
  expect([one.begin(), other.begin()]).toEqual([0, 0]);
  one.charge(600_000);
  expect(one.waitOf()).toBeGreaterThan(0);
  expect(one.waitForOthers()).toBe(0);
  expect(other.waitForOthers()).toBeGreaterThan(0);
});
