/**
 * Cursors of items: a position in the record of events as opaque text.
 */
import { Buffer } from 'node:buffer';
import { isSnapshot, type Position, type SentEvent } from '../../events/position.ts';
import { isUuid } from '../page.ts';
import { noCursor } from './outbox.ts';

export function cursorOfPosition({ snapshot, sent }: Position): string {
  return Buffer.from([snapshot, ...sent.flatMap(({ writtenIn, id }) => [writtenIn, id])].join('/')).toString(
    'base64url',
  );
}

/** Null without a cursor. Throws the error the caller sees when it is not one of ours. */
export function positionOfCursor(cursor: string | null | undefined): Position | null {
  if (cursor == null) return null;
  const [snapshot = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split('/');
  const sent: SentEvent[] = [];
  for (let index = 0; index < rest.length; index += 2) {
    const [writtenIn = '', id = ''] = rest.slice(index, index + 2);
    if (!/^\d{1,18}$/.test(writtenIn) || !isUuid(id)) throw noCursor();
    sent.push({ writtenIn, id });
  }
  if (!isSnapshot(snapshot) || sent.length === 0 || sent.length > 100) throw noCursor();
  return { snapshot, sent };
}
