/**
 * A domain's MX records as the DNS has them, and the verdict on our place among them. Types only; dns/mx-set.ts judges.
 */

export interface MxHost {
  /** In lower case, without a final dot. */
  readonly host: string;
  readonly preference: number;
  /** One of our names or addresses. */
  readonly isSelf: boolean;
}

export type MxVerdict =
  | 'OK'
  | 'SANDWICH'
  | 'NOT_LISTED'
  | 'MOST_PREFERRED'
  | 'EQUAL_PREFERENCE'
  | 'NULL_MX'
  | 'UNRESOLVABLE';

export interface MxObservation {
  readonly verdict: MxVerdict;
  readonly hosts: readonly MxHost[];
}
