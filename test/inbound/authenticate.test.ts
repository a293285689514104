/** What the operator wants above a message is asked after the final dot, and stands above our Received field. */
import { afterEach, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { createAcceptanceSeal, type Authenticate } from '../../src/policy/authentication/acceptance-seal.ts';
import { type Fixture, HOSTNAME, sendMessage, startInbound } from './fixture.ts';

const opened: Fixture[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture.close()));
});

async function start(authenticate: Authenticate | undefined): Promise<Fixture> {
  const fixture = await startInbound({ authenticate });
  opened.push(fixture);
  return fixture;
}

function stored(fixture: Fixture): string {
  return Buffer.concat(fixture.accepted.at(-1)?.content ?? []).toString('latin1');
}

const CONTENT = 'From: a@sender.example\r\nSubject: x\r\n\r\nbody\r\n';

test('its fields come first, then Received, then the content; the size is that of what was received', async () => {
  const asked: unknown[] = [];
  const fixture = await start((client, reversePath, content) => {
    asked.push([client.address, client.ehloName, reversePath, Buffer.concat(content).toString()]);
    return Promise.resolve({ prepend: Buffer.from('X-Above: 1\r\n'), content: [Buffer.from('X-Changed: 1\r\n\r\n')] });
  });
  const peer = await fixture.session();
  expect(await sendMessage(peer, CONTENT)).toStartWith('250 ');
  expect(asked).toEqual([['127.0.0.1', 'client.example', 'a@sender.example', CONTENT]]);
  expect(stored(fixture)).toMatch(/^X-Above: 1\r\nReceived: from client\.example [^]*\+0000\r\nX-Changed: 1\r\n\r\n$/);
  expect(fixture.accepted.at(-1)?.sizeBytes).toBe(CONTENT.length);
  peer.destroy();
});

test('a real one: the field is there, a forged one is not, and a DNS that is away refuses nothing', async () => {
  const faults: unknown[] = [];
  const fixture = await start(
    createAcceptanceSeal({
      hostname: HOSTNAME,
      names: [HOSTNAME],
      addsResults: true,
      arcKey: null,
      lookupFor: () => () => Promise.resolve({ kind: 'TROUBLE', reason: 'TIMEOUT' }),
      fault: (error) => faults.push(error),
    }) ?? undefined,
  );
  const peer = await fixture.session();
  const forged = `Authentication-Results: ${HOSTNAME}; dkim=pass\r\n`;
  expect(await sendMessage(peer, forged + CONTENT)).toStartWith('250 ');
  expect(stored(fixture)).toStartWith(`Authentication-Results: ${HOSTNAME};\r\n`);
  expect(stored(fixture)).toMatch(/spf=temperror[^]*^Received: from client\.example/m);
  expect(stored(fixture)).toEndWith(`\r\n${CONTENT}`);
  expect(stored(fixture)).not.toContain('dkim=pass');
  expect(faults).toEqual([]);
  expect(fixture.inbound.inFlightBytes()).toBe(0);
  peer.destroy();
});

test('without one the content is what came', async () => {
  const fixture = await start(undefined);
  const peer = await fixture.session();
  const forged = `Authentication-Results: ${HOSTNAME}; dkim=pass\r\n`;
  expect(await sendMessage(peer, forged + CONTENT)).toStartWith('250 ');
  expect(stored(fixture)).toMatch(/^Received: from client\.example /);
  expect(stored(fixture)).toEndWith(`\r\n${forged}${CONTENT}`);
  peer.destroy();
});

test('one that breaks its promise is a fault and 451, never a lost message', async () => {
  const fixture = await start(() => Promise.reject(new Error('broken')));
  const peer = await fixture.session();
  expect(await sendMessage(peer, CONTENT)).toStartWith('451 ');
  expect(fixture.accepted).toEqual([]);
  expect(fixture.events.some(({ name }) => name === 'fault')).toBe(true);
  expect(fixture.inbound.inFlightBytes()).toBe(0);
  peer.destroy();
});
