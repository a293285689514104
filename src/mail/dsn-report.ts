/** The facts of a report about one message, for the part that people read and the part that programs read. */

/** RELAYED: handed to a host that promises no reports of its own. EXPIRED is reported as `failed`. */
export type ReportedEvent = 'FAILED' | 'EXPIRED' | 'DELAYED' | 'RELAYED';

export interface HostTry {
  readonly host: string;
  readonly lastAttemptAt: Date;
  /** As `AttemptRecord.reply`. */
  readonly reply: string;
}

export interface ReportedRecipient {
  /** The forward-path, `local@domain`. */
  readonly address: string;
  /** ORCPT as given, still xtext-encoded; null when absent. */
  readonly originalRecipient: string | null;
  readonly event: ReportedEvent;
  /** Enhanced status code; null to take it from the diagnostic and the event. */
  readonly status: string | null;
  /** The host that gave the last reply; null when there was none. */
  readonly remoteMta: string | null;
  /** The verbatim reply, its lines joined by LF, or our own words in brackets; null when there is nothing to tell. */
  readonly diagnostic: string | null;
  readonly lastAttemptAt: Date | null;
  /** Written only for DELAYED. */
  readonly willRetryUntilAt: Date | null;
  /** Every host tried, with its last answer; may be empty. Told in the human part. */
  readonly hosts: readonly HostTry[];
}

export interface Report {
  /** Id of the report's own message. */
  readonly reportId: string;
  /** Id of the reported message, as it stands in the 250 reply and in Received. */
  readonly transactionId: string;
  /** Our MX name. */
  readonly reportingMta: string;
  /** Address of the From field. */
  readonly from: string;
  /** The reverse-path of the reported message. */
  readonly to: string;
  readonly arrivalAt: Date;
  /** Now. */
  readonly at: Date;
  /** ENVID as given, still xtext-encoded; null when absent. */
  readonly envelopeId: string | null;
  /** For how long an expired message was tried, in words: `10 days`. */
  readonly lifetimeText: string;
  /** At least one. */
  readonly recipients: readonly ReportedRecipient[];
  /** The header section of the reported message: `headerSectionOf` its content. */
  readonly headerSection: Uint8Array;
  /** The reported message, to be returned whole if that can be done; null: its header section. */
  readonly message: Uint8Array | null;
  /** A report that would be larger returns the header section. */
  readonly maxBytes: number;
}
