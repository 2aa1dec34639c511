import type { Mutation } from './mutation.ts';

/** Rules that src/aws implements. */
export const AWS_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'a page that failed is not the end of a listing',
    scenario: 'PagesFail',
    file: 'aws/fleet.ts',
    from: 'token = await this.#sender.send(request, this.#readPriority);',
    to: 'token = await this.#sender.send(request, this.#readPriority).catch(() => undefined);',
  },
  {
    rule: 'after a lost answer it is read before anything is sent again',
    scenario: 'LostResponses',
    file: 'aws/rateLimitedClient.ts',
    from: "return failure.kind === 'Unavailable' && !isChange(subject) ? UNANSWERED_ATTEMPTS : 1;",
    to: "return failure.kind === 'Unavailable' ? UNANSWERED_ATTEMPTS : 1;",
  },
  {
    rule: 'an empty answer that is not from AWS tells nothing',
    scenario: 'EmptyResponses',
    file: 'aws/mapping.ts',
    from: '(Object($metadata) as Item).requestId === undefined',
    to: "(Object($metadata) as Item).requestId === ''",
  },
];
