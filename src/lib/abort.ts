/**
 * What `work` settles with, or the signal's reason if it aborts first. `work` itself goes on until its caller ends it, and a
 * failure of it after the abort is ignored.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(
      (result) => {
        signal.removeEventListener('abort', abort);
        resolve(result);
      },
      (error) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}

/**
 * Repeats `ask` until the work has ended, because a request that overtakes the work has no effect. `ask` must not reject.
 */
export async function askUntilEnded(ended: Promise<unknown>, ask: () => Promise<unknown>): Promise<void> {
  const done = ended.then(
    () => true,
    () => true,
  );
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    await ask();
    if (await Promise.race([done, pause(waitMs)])) return;
  }
}

const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 1_000;

function pause(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, ms, false));
}
