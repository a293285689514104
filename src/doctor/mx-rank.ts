/**
 * How MX records are numbered. Pure.
 */

/** Space for a record in between, as people number them. */
export const STEP = 10;
/** Ours when the domain has no records yet: its primary's, at 10, comes before. */
export const LONE_PREFERENCE = 20;
/** RFC 1035 §3.3.9: sixteen bits. */
export const MAX_PREFERENCE = 65_535;

/** Of our records, and suggested for those that people write: a change is seen within the hour. */
export const TTL_SECONDS = 3600;
