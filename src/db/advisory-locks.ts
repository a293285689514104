/**
 * The names of this database's advisory locks, in one place so that no two things have the same.
 *
 * All but NODE are single 64-bit keys; NODE is the first of two 32-bit keys, which PostgreSQL keeps apart from those. A number is
 * never given to another thing: nodes of two versions may run at once.
 */
export const ADVISORY_LOCKS = {
  /** The second key is the node's epoch. */
  NODE: 0x62_6d_78,
  /** An import takes it as well: nodes that start meanwhile wait. */
  MIGRATION: 0x62_6d_78_01,
  /** Two nodes that fold counts at once would only wait for each other. */
  FOLD: 0x62_6d_78_02,
  /** The self-test of DNSBL zones. */
  ZONE_TEST: 0x62_6d_78_03,
  /** The look whether a chosen secret is another token's. */
  TOKEN_SECRET: 0x62_6d_78_04,
  /** A move of everything to another database, or from one. */
  TRANSFER: 0x62_6d_78_05,
} as const;
