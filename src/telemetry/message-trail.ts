/**
 * What one message leaves behind from MAIL to its final reply, kept until the end is known: then spans are made of it.
 *
 * Promises that nobody waits for it and that it is bounded: a message keeps 64 recipients and steps, and counts the rest; what
 * comes after the end is not kept. Made only where a collector is named: elsewhere there is no trail, and nothing is noted.
 */

export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Something that took time while a recipient was judged. All instants are on the monotonic clock. */
export interface Step {
  readonly name: string;
  /** The check that it is part of; its own name in its own step. */
  readonly check: string;
  /** Somebody else was asked. */
  readonly isQuestion: boolean;
  readonly beganMs: number;
  readonly isError: boolean;
  readonly attributes: SpanAttributes;
}

/** As a client was told it. */
export interface Answer {
  /** Three digits. */
  readonly code: number;
  /** The stable rejection code; null for none. */
  readonly rejection: string | null;
  /** The id of what is kept of a refusal. */
  readonly reference: string | null;
}

export interface RecipientTrail {
  /** This check judges from here on; the last one named has decided, or hangs. */
  readonly at: (check: string) => void;
  /** Ends now. */
  readonly step: (step: Step) => void;
  readonly answered: (answer: Answer) => void;
}

/** `DATA`: content comes. `DOT`: it is all there. `STORE`: it goes to the database. `STORED`: committed. */
export type Moment = 'DATA' | 'DOT' | 'STORE' | 'STORED';

export interface MessageTrail {
  /** RCPT has come; undefined when the trail is full. */
  readonly recipient: (address: string) => RecipientTrail | undefined;
  readonly mark: (moment: Moment) => void;
  /** It has its transaction id, and may be in the queue from here on, whatever the client hears. */
  readonly named: (message: NamedMessage) => void;
  /** Null: the client has given it up. */
  readonly end: (answer: Answer | null) => void;
}

export interface NamedMessage {
  readonly transactionId: string;
  readonly domains: readonly string[];
  readonly recipientCount: number;
  /** As received. */
  readonly sizeBytes: number;
}

export interface BegunMessage {
  readonly clientAddress: string;
  readonly ehloName: string;
  readonly tls: string | null;
  /** Null is `<>`. */
  readonly reversePath: string | null;
}

interface RecipientRecord {
  readonly address: string;
  readonly beganMs: number;
  /** Null: not answered by the end of the message. */
  endedMs: number | null;
  answer: Answer | null;
  check: string | null;
  readonly steps: (Step & { readonly endedMs: number })[];
}

export interface MessageRecord extends BegunMessage {
  /** What the monotonic clock has to be added to for milliseconds since 1970. */
  readonly epochMs: number;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly moments: Partial<Readonly<Record<Moment, number>>>;
  readonly recipients: readonly RecipientRecord[];
  /** Recipients and steps beyond the bound. */
  readonly unkeptCount: number;
  readonly named: NamedMessage | null;
  readonly answer: Answer | null;
}

const MOST_KEPT = 64;

export function createMessageTrail(
  begun: BegunMessage,
  deps: { readonly monotonicMs: () => number; readonly onEnd: (record: MessageRecord) => void },
): MessageTrail {
  const { monotonicMs, onEnd } = deps;
  const beganMs = monotonicMs();
  const epochMs = Date.now() - beganMs;
  const moments: Partial<Record<Moment, number>> = {};
  const recipients: RecipientRecord[] = [];
  let named: NamedMessage | null = null;
  let keptCount = 0;
  let unkeptCount = 0;
  let isEnded = false;

  const takePlace = (): boolean => {
    if (isEnded) return false;
    const hasRoom = keptCount < MOST_KEPT;
    if (hasRoom) keptCount += 1;
    else unkeptCount += 1;
    return hasRoom;
  };

  return {
    recipient: (address) => {
      if (!takePlace()) return undefined;
      const record: RecipientRecord = {
        address,
        beganMs: monotonicMs(),
        endedMs: null,
        answer: null,
        check: null,
        steps: [],
      };
      recipients.push(record);
      return {
        at: (check) => {
          record.check = check;
        },
        step: (step) => {
          if (takePlace()) record.steps.push({ ...step, endedMs: monotonicMs() });
        },
        answered: (answer) => {
          record.endedMs = monotonicMs();
          record.answer = answer;
        },
      };
    },
    mark: (moment) => {
      moments[moment] = monotonicMs();
    },
    named: (message) => {
      named = message;
    },
    end: (answer) => {
      if (isEnded) return;
      isEnded = true;
      const endedMs = monotonicMs();
      onEnd({ ...begun, epochMs, beganMs, endedMs, moments, recipients, unkeptCount, named, answer });
    },
  };
}
