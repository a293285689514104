// Made from *.graphql here and schema.graphql by bin/console-operations.ts. Run `npm run generate` instead of editing.
import type { Operation } from '../ask.ts';

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
export type DomainFlushInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
};

export type Situation =
  | 'BREAKER_OPEN'
  | 'CHECK_FAILED'
  | 'DRAINING'
  | 'EXPIRING'
  | 'FINE'
  | 'HOLDING'
  | 'OUTAGE'
  | 'PAUSED'
  | 'PENDING'
  | 'SUSPENDED';

export type FlushMutationVariables = Exact<{
  input: DomainFlushInput;
}>;


export type FlushMutation = { readonly domainFlush: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type SummaryQueryVariables = Exact<{ [key: string]: never; }>;


export type SummaryQuery = { readonly summary: { readonly domainCount: number, readonly heldCount: number, readonly heldSize: number, readonly firstExpiryAt: string | null, readonly situations: ReadonlyArray<{ readonly situation: Situation, readonly count: number }> } };

export type UrgentQueryVariables = Exact<{
  situations?: ReadonlyArray<Situation> | null | undefined;
  namePrefix?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type UrgentQuery = { readonly domains: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly situation: Situation, readonly queue: { readonly heldCount: number, readonly heldSize: number, readonly firstExpiryAt: string | null, readonly nextAttemptAt: string | null }, readonly outage: { readonly startedAt: string } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type VisitorQueryVariables = Exact<{ [key: string]: never; }>;


export type VisitorQuery = { readonly viewer: { readonly isOperator: boolean, readonly tenant: { readonly id: string, readonly name: string }, readonly token: { readonly name: string } | null } };

export const flushMutation: Operation<FlushMutation, FlushMutationVariables> = {
  text: "mutation Flush($input:DomainFlushInput!){domainFlush(input:$input){userErrors{path message}}}",
};

export const summaryQuery: Operation<SummaryQuery, SummaryQueryVariables> = {
  text: "query Summary{summary{domainCount heldCount heldSize firstExpiryAt situations{situation count}}}",
};

export const urgentQuery: Operation<UrgentQuery, UrgentQueryVariables> = {
  text: "query Urgent($situations:[Situation!]$namePrefix:String$after:String){domains(first:40 after:$after orderBy:URGENCY filter:{situations:$situations namePrefix:$namePrefix}){nodes{name situation queue{heldCount heldSize firstExpiryAt nextAttemptAt}outage{startedAt}}pageInfo{hasNextPage endCursor}}}",
};

export const visitorQuery: Operation<VisitorQuery, VisitorQueryVariables> = {
  text: "query Visitor{viewer{isOperator tenant{id name}token{name}}}",
};
