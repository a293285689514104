/**
 * Loaded into a service before its own code: its wall clock is off by as many milliseconds as the file named by CHAOS_CLOCK_FILE
 * says, also when that changes.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

const LOOK_EVERY_MS = 100;

const file = process.env['CHAOS_CLOCK_FILE'] ?? '';
const TrueDate = Date;
let shiftMs = 0;

function look(): void {
  const read = Number(readFileSync(file, 'latin1'));
  if (Number.isFinite(read)) shiftMs = read;
}

look();
setInterval(look, LOOK_EVERY_MS).unref();

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, given: unknown[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [target.now() + shiftMs] : given, newTarget) as Date,
  get: (target, property, receiver) =>
    property === 'now' ? () => target.now() + shiftMs : (Reflect.get(target, property, receiver) as unknown),
});
