/**
 * Lanes: so many hands at once that do one step after another, their number following a limit that moves.
 *
 * Promises: begins with one lane; whenever a step went well, starts as many as the limit has room for; a lane ends when its step
 * says so, or when there are more than the limit. Resolves when the last one has ended; an error ends every lane after its
 * step, and is thrown then.
 */

export interface LanesDeps {
  /** One message, say. False: nothing more for this lane. */
  readonly step: () => Promise<boolean>;
  /** How many may run now. */
  readonly most: () => number;
}

export async function runLanes({ step, most }: LanesDeps): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let running = 0;
  const errors: unknown[] = [];

  const run = async (): Promise<void> => {
    running += 1;
    try {
      while (errors.length === 0 && running <= most() && (await step())) fill();
    } catch (error) {
      errors.push(error);
    }
    running -= 1;
    if (running > 0) return;
    if (errors.length === 0) resolve();
    else reject(errors[0]);
  };
  const fill = (): void => {
    for (let missing = most() - running; missing > 0 && errors.length === 0; missing -= 1) void run();
  };

  void run();
  return promise;
}
