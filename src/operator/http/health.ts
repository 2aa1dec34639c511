import type { Page } from './listener.ts';

/** Something that has to hold for a process to be well. */
export interface Check {
  /** A word or two with hyphens. */
  readonly name: string;
  /** What is wrong, for people; undefined if nothing is. */
  readonly problem: () => string | undefined;
}

/** The answer to a probe, in the words of Kubernetes' own: `ok`, or each check on a line if something is wrong or `?verbose` asks for it. */
export function healthPage(probe: string, checks: readonly Check[]): (query: URLSearchParams) => Page {
  return (query) => {
    const results = checks.map(({ name, problem }) => ({ name, problem: problem() }));
    const isWell = results.every(({ problem }) => problem === undefined);
    const lines = results.map(({ name, problem }) =>
      problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
    );
    const body =
      isWell && !query.has('verbose')
        ? 'ok'
        : [...lines, `${probe} check ${isWell ? 'passed' : 'failed'}`, ''].join('\n');
    return { status: isWell ? 200 : 503, contentType: 'text/plain; charset=utf-8', body };
  };
}
