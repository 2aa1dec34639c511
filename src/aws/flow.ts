import { AsyncLocalStorage } from 'node:async_hooks';

const currentFlow = new AsyncLocalStorage<string>();

/**
 * Runs work whose requests wait for their tokens in a flow, for example, that of a namespace. A read that several flows share belongs to
 * the flow that started it.
 */
export function withFlow<T>(flow: string, work: () => T): T {
  return currentFlow.run(flow, work);
}

/** Returns the flow of the current work. */
export function flowOfWork(): string {
  return currentFlow.getStore() ?? '';
}
