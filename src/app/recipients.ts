/**
 * Builds what the service knows of recipients: User Lists, callout answers, deliveries, primaries; and keeps it up to date.
 */
import { monotonicMs } from '../clock.ts';
import type { Database } from '../db/client.ts';
import type { Timers } from './timers.ts';
import { type Answers, createAnswers } from '../verification/answers.ts';
import { createLearned, type Learned } from '../verification/learned.ts';
import { createRecipientLists, type RecipientLists } from '../domains/user-list/list.ts';
import { parseForgetNotice } from '../verification/notice.ts';
import { createPrimaries, type Primaries } from '../verification/primary.ts';
import { pruneAnswers } from '../verification/prune.ts';
import type { Recipient } from '../verification/recipient.ts';
import { createStandings, type Standings } from '../verification/standing.ts';
import type { Domains } from '../domains/domains.ts';

const STORE_EVERY_MS = 1000;
const PRUNE_EVERY_MS = 3_600_000;

export interface RecipientParts {
  readonly lists: RecipientLists;
  readonly answers: Answers;
  readonly primaries: Primaries;
  readonly learned: Learned;
  readonly standings: Standings;
  /** What else this node remembers of recipients forgets it too. */
  onForgotten(forget: (recipient: Pick<Recipient, 'destinationId' | 'localPart'>) => void): void;
  /** A notice on the settings channel; false when it is about something else. */
  onNotice(payload: string): boolean;
  /** Notices may have been missed. */
  onReset(): void;
  /** Stores what was noted last. */
  close(): Promise<void>;
}

export function buildRecipients(parts: {
  readonly database: Database;
  readonly domains: Domains;
  readonly timers: Timers;
}): RecipientParts {
  const { database, domains, timers } = parts;
  const { sql, queueSql } = database;
  const lists = createRecipientLists({ sql, lookupSql: queueSql, changeDomain: domains.changeDomain });
  const answers = createAnswers({ sql: queueSql, monotonicMs });
  const primaries = createPrimaries({ sql: queueSql, monotonicMs });
  const memories = [
    answers.drop,
    ({ destinationId }: Pick<Recipient, 'destinationId' | 'localPart'>) => primaries.drop(destinationId),
  ];
  const forget = (recipient: Pick<Recipient, 'destinationId' | 'localPart'>): void => {
    for (const drop of memories) drop(recipient);
  };
  const learned = createLearned({ sql: queueSql, monotonicMs, onLearned: answers.drop });
  const store = async (): Promise<void> => {
    await learned.flush();
    await primaries.flush();
  };
  timers.every(STORE_EVERY_MS, 'recipients', store);
  timers.every(PRUNE_EVERY_MS, 'recipients', async () => {
    await pruneAnswers(sql);
  });
  return {
    lists,
    answers,
    primaries,
    learned,
    standings: createStandings({ sql, isListed: lists.isListed, onForgotten: forget }),
    onForgotten: (drop) => {
      memories.push(drop);
    },
    onNotice: (payload) => {
      const recipient = parseForgetNotice(payload);
      if (recipient !== null) forget(recipient);
      return recipient !== null;
    },
    onReset: () => {
      lists.dropAll();
      answers.dropAll();
      primaries.dropAll();
    },
    close: store,
  };
}
