/**
 * The node's two clocks.
 *
 * `wallClock` stamps log lines and the Received field. `monotonicMs` measures deadlines and latencies, and never jumps.
 * Neither decides about mail: every stored instant and every comparison of instants uses SQL's `bmx_now()`.
 */

/** The node's wall-clock time. For logs and the Received field only. */
export function wallClock(): Date {
  return new Date();
}

/** Milliseconds on a clock that never goes back. For deadlines and latencies; its zero has no meaning. */
export function monotonicMs(): number {
  return performance.now();
}
