import type { Page } from './listener.ts';

/** Health check of the process. */
export interface Check {
  /** Name with hyphens, for example, `policy-workers`. */
  readonly name: string;
  /** Returns the human-readable problem, or undefined if there is none. */
  readonly problem: () => string | undefined;
}

/**
 * Returns the page of a probe in the format of Kubernetes: `ok`, or one line per check if there is a problem or the
 * query contains `verbose`.
 */
export function healthPage(probe: string, checks: readonly Check[]): (query: URLSearchParams) => Page {
  return (query) => {
    const results = checks.map(({ name, problem }) => ({ name, problem: problem() }));
    const isHealthy = results.every(({ problem }) => problem === undefined);
    const lines = results.map(({ name, problem }) =>
      problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
    );
    const body =
      isHealthy && !query.has('verbose')
        ? 'ok'
        : [...lines, `${probe} check ${isHealthy ? 'passed' : 'failed'}`, ''].join('\n');
    return { status: isHealthy ? 200 : 503, contentType: 'text/plain; charset=utf-8', body };
  };
}
