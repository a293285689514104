/**
 * Questions to the database that come at the same time go together: one statement in flight, what comes meanwhile shares
 * the next. So thousands of RCPT a second cost a few statements, and one alone does not wait.
 */

/** Questions of one statement. */
const MOST_AT_ONCE = 500;

/**
 * @param run answers in the order of the questions; its rejection is everybody's of that group
 */
export function createGrouped<Q, A>(
  run: (questions: readonly Q[]) => Promise<readonly A[]>,
): (question: Q) => Promise<A> {
  interface Asker {
    readonly question: Q;
    readonly resolve: (answer: A) => void;
    readonly reject: (error: unknown) => void;
  }
  const waiting: Asker[] = [];
  let isRunning = false;

  const runAll = async (): Promise<void> => {
    // Whoever asks in the same breath comes along.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting.splice(0, MOST_AT_ONCE);
      try {
        const answers = await run(group.map(({ question }) => question));
        for (const [index, { resolve, reject }] of group.entries()) {
          const answer = answers[index];
          if (answer === undefined) reject(new Error('a grouped question has no answer'));
          else resolve(answer);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isRunning = false;
  };

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (isRunning) return;
      isRunning = true;
      void runAll();
    });
}
