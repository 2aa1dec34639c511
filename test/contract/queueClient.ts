import type { SQSClient } from '@aws-sdk/client-sqs';
import { createQueueClient } from '../../src/aws/queueClient.ts';
import { RateLimitedClient } from '../../src/aws/rateLimitedClient.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import type { Clock } from '../../src/clock.ts';

/** Returns the SDK behind the adapter for an endpoint, without a relevant rate limit. */
export function queueClient(endpoint: string, clock: Clock): RateLimitedClient<SQSClient> {
  return new RateLimitedClient({
    client: createQueueClient({
      region: 'eu-central-1',
      endpoint,
      credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    }),
    rateLimiter: new RateLimiter({ callsPerSecond: 10_000, burst: 10_000, clock }),
    clock,
    random: () => 0.5,
    signal: new AbortController().signal,
  });
}
