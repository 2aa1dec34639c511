import type { Mutation } from './mutation.ts';

/** Rules that src/aws implements. */
export const AWS_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'A failed page does not end a list',
    scenario: 'PagesFail',
    file: 'aws/pages.ts',
    from: 'token = await api.send(request, priority);',
    to: 'token = await api.send(request, priority).catch(() => undefined);',
  },
  {
    rule: 'After a lost response, the operator reads before it sends a change again',
    scenario: 'LostResponses',
    file: 'aws/rateLimitedClient.ts',
    from: "return failure.kind === 'Unavailable' && !isChange(target) ? MAX_UNAVAILABLE_ATTEMPTS : 1;",
    to: "return failure.kind === 'Unavailable' ? MAX_UNAVAILABLE_ATTEMPTS : 1;",
  },
  {
    rule: 'An empty response that is not from AWS is ignored',
    scenario: 'EmptyResponses',
    file: 'aws/response.ts',
    from: '(Object($metadata) as ResponseItem).requestId === undefined',
    to: "(Object($metadata) as ResponseItem).requestId === ''",
  },
];
