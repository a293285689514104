/**
 * What a node knows about mailboxes and primaries, from callouts and from deliveries, and how this is kept up to date.
 */
import { type Every, monotonicMs } from '../clock.ts';
import type { Sql } from '../db/client.ts';
import type { IsListed } from '../domains/user-list/lookup.ts';
import { type Answers, createAnswers } from './answers.ts';
import { createLearned, type Learned } from './learned.ts';
import { parseForgetNotice } from './notice.ts';
import { createPrimaries, type Primaries } from './primary.ts';
import type { Recipient } from './recipient.ts';
import { createStandings, type Standings } from './standing.ts';

const STORE_EVERY_MS = 1000;

type Forget = (recipient: Pick<Recipient, 'destinationId' | 'localPart'>) => void;

export interface Verification {
  readonly answers: Answers;
  readonly primaries: Primaries;
  readonly learned: Learned;
  readonly standings: Standings;
  /** Adds another memory of this node that has to forget what is forgotten here. */
  onForgotten(forget: Forget): void;
  /** Handles a notice of the settings channel; false when it is about something else. */
  onNotice(payload: string): boolean;
  /** Notices may have been missed. */
  onReset(): void;
  /** Stores what was noted last. */
  close(): Promise<void>;
}

export function openVerification(options: {
  readonly sql: Sql;
  readonly queueSql: Sql;
  readonly isListed: IsListed;
  readonly every: Every;
}): Verification {
  const { sql, queueSql, isListed, every } = options;
  const answers = createAnswers({ sql: queueSql, monotonicMs });
  const primaries = createPrimaries({ sql: queueSql, monotonicMs });
  const memories: Forget[] = [answers.drop, ({ destinationId }) => primaries.drop(destinationId)];
  const forget: Forget = (recipient) => {
    for (const drop of memories) drop(recipient);
  };
  const learned = createLearned({ sql: queueSql, monotonicMs, onLearned: answers.drop });
  const store = async (): Promise<void> => {
    await learned.flush();
    await primaries.flush();
  };
  every(STORE_EVERY_MS, 'recipients', store);
  return {
    answers,
    primaries,
    learned,
    standings: createStandings({ sql, isListed, onForgotten: forget }),
    onForgotten: (drop) => {
      memories.push(drop);
    },
    onNotice: (payload) => {
      const recipient = parseForgetNotice(payload);
      if (recipient !== null) forget(recipient);
      return recipient !== null;
    },
    onReset: () => {
      answers.dropAll();
      primaries.dropAll();
    },
    close: store,
  };
}
