import type { Mutation } from './mutation.ts';

/** Rules that are kept in what reaches AWS. */
export const IN_AWS: readonly Mutation[] = [
  {
    rule: 'a page that failed is not the end of a listing',
    scenario: 'FailedPages',
    file: 'aws/fleet.ts',
    from: 'token = await this.#api.send(request, this.#readPriority);',
    to: 'token = await this.#api.send(request, this.#readPriority).catch(() => undefined);',
  },
  {
    rule: 'after a lost answer it is read before anything is sent again',
    scenario: 'LostAnswers',
    file: 'aws/rateLimitedClient.ts',
    from: "return failure.kind === 'Unavailable' && !isChange(target) ? MAX_UNAVAILABLE_ATTEMPTS : 1;",
    to: "return failure.kind === 'Unavailable' ? MAX_UNAVAILABLE_ATTEMPTS : 1;",
  },
  {
    rule: 'an empty answer that is not from AWS tells nothing',
    scenario: 'EmptyBodies',
    file: 'aws/mapping.ts',
    from: '(Object($metadata) as Item).requestId === undefined',
    to: "(Object($metadata) as Item).requestId === ''",
  },
];
