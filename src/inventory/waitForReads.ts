/**
 * Waits for reads from AWS. Between two waits, a caller works with whole listings, so it limits how many of them do so at the same time;
 * while it waits, others can work.
 */
export type WaitForReads = <T>(reads: () => Promise<T>) => Promise<T>;

/** Waits without giving way to others. */
export const waitDirectly: WaitForReads = (reads) => reads();

/** Number of microtasks within which reads end that the cache answers. */
const CACHED_MICROTASKS = 32;

/** Whether a promise settles without any call. */
export async function settlesSoon(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let passed = 0; passed < CACHED_MICROTASKS && !isSettled; passed++) {
    await undefined;
  }
  return isSettled;
}
