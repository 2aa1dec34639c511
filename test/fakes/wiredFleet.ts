import { Readable } from 'node:stream';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import { type AwsFleet, awsFleetOver } from '../../src/aws/createAwsFleet.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { tolerateInvalidTimes } from '../../src/aws/tolerantTimes.ts';
import type { Endpoint } from '../../src/simulator/endpoint.ts';
import { operationIn } from '../../src/simulator/model.ts';
import { InstantClock } from './clock.ts';

/** Request to the simulator, and its response. */
export interface Exchange {
  readonly operation: string;
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Returns the adapter of the operator over the real SDK, connected to an endpoint of the simulator without a network.
 *
 * @param bodyOf returns the body that the SDK receives
 */
export function wiredFleet(endpoint: Pick<Endpoint, 'handle'>, bodyOf: (exchange: Exchange) => string): AwsFleet {
  const handle = async ({ headers, body }: WireRequest) => {
    const operation = operationIn(headers['x-amz-target'] ?? '');
    const request = new TextDecoder().decode(body);
    const { response: served, requestId } = await endpoint.handle(operation, request);
    if (served.kind !== 'response') {
      throw new Error('unexpected fault');
    }
    const text = bodyOf({ operation, request, status: served.status, body: served.body });
    const response = {
      statusCode: served.status,
      headers: { 'content-type': served.contentType, 'x-amzn-requestid': requestId },
      body: Readable.from([Buffer.from(text)]),
    };
    return { response };
  };
  const configuration = {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: { handle, destroy: () => {} },
  };
  const clock = new InstantClock();
  const clients = {
    workspaces: tolerateInvalidTimes(new WorkSpacesClient(configuration as never)),
    tagging: new ResourceGroupsTaggingAPIClient(configuration as never),
  };
  const rateLimiter = new RateLimiter({ callsPerSecond: 1_000, burst: 1_000, clock });
  return awsFleetOver(clients, { rateLimiter, clock, random: () => 0.5, signal: new AbortController().signal });
}
