/**
 * What a DNS list that does not answer costs a client: its time-out, once, however many recipients; and later clients nothing.
 */
import { clientAddress, connectProxied } from '../test/helpers/proxied-client.ts';
import { mailbox, type Scene } from './front-door-scene.ts';
import type { Report } from './report.ts';

export const SILENT_ZONE = 'alone.silent.example';
const DOMAIN = 'silence.example';
const RECIPIENTS = 50;
const CLIENTS = 6;
/** Addresses that no other part uses. */
const FIRST_ADDRESS = 9_000_000;
/** Of the check; policy/dnsbl/dnsbl.ts. */
const TIME_OUT_MS = 3000;

export async function addSilentDomain({ addDomain }: Scene): Promise<void> {
  await addDomain(DOMAIN, { hasCallAheads: false, dnsblZones: [{ zone: SILENT_ZONE, mode: 'REJECT' }] });
}

/** One client after the other, each with all its recipients one after the other. */
export async function measureSilence({ service, dns }: Scene): Promise<Report> {
  const rows: string[][] = [];
  const firsts: number[] = [];
  const rests: number[] = [];
  for (let number = 0; number < CLIENTS; number += 1) {
    const [first = Number.NaN, ...rest] = await askAll(service.smtpPort, clientAddress(FIRST_ADDRESS + number));
    const total = rest.reduce((sum, ms) => sum + ms, 0);
    rows.push([`${number + 1}`, first.toFixed(0), total.toFixed(0), Math.max(...rest).toFixed(1)]);
    firsts.push(first);
    rests.push(total);
  }
  if (dns.countBelow(SILENT_ZONE) === 0) throw new Error('the silent zone was never asked');
  return {
    head: ['client', 'first RCPT, ms', `the ${RECIPIENTS - 1} others together, ms`, 'slowest of them, ms'],
    rows,
    verdicts: [
      {
        name: 'longest wait of a client for a silent list',
        value: Math.max(...firsts),
        comparison: '<',
        target: TIME_OUT_MS + 300,
        unit: ' ms',
      },
      {
        name: `${RECIPIENTS - 1} more recipients, slowest client`,
        value: Math.max(...rests),
        comparison: '<',
        target: TIME_OUT_MS / 10,
        unit: ' ms',
      },
      {
        name: `wait of client ${CLIENTS}`,
        value: firsts.at(-1) ?? Number.NaN,
        comparison: '<',
        target: 100,
        unit: ' ms',
      },
    ],
    notes: ['the list answers its self-test and nothing else; a client, then the next one'],
  };
}

async function askAll(port: number, address: string): Promise<number[]> {
  const client = await connectProxied(port, address);
  await client.askAll(['EHLO silence.example', 'MAIL FROM:<sender@elsewhere.example>']);
  const times: number[] = [];
  for (let index = 0; index < RECIPIENTS; index += 1) {
    const { code, text, afterMs } = await client.ask(`RCPT TO:<${mailbox(DOMAIN, index)}>`);
    if (code !== 250) throw new Error(`RCPT was answered ${code} ${text}`);
    times.push(afterMs);
  }
  client.close();
  return times;
}
