import { Readable } from 'node:stream';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import { type AwsFleet, awsFleetOver } from '../../../src/aws/createAwsFleet.ts';
import { RateLimiter } from '../../../src/aws/rateLimiter.ts';
import { tolerateInvalidTimes } from '../../../src/aws/tolerantTimes.ts';
import { CallLog } from '../../../src/simulator/callLog.ts';
import { Endpoint } from '../../../src/simulator/endpoint.ts';
import { Faults } from '../../../src/simulator/faults.ts';
import { operationIn } from '../../../src/simulator/model.ts';
import { SimulatedRateLimiter } from '../../../src/simulator/rateLimit.ts';
import { seedFrom } from '../../../src/simulator/seed.ts';
import type { SeedDocument } from '../../../src/simulator/seedDocument.ts';
import { SimulatedWorkSpaces } from '../../../src/simulator/simulatedWorkspaces.ts';
import { InstantClock } from '../../fakes/clock.ts';

/** Request and its response. */
export interface Served {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Body of the response, tampered with or not. */
  readonly body: string;
}

/** Replaces the body of a response of AWS. `nth` counts the responses of the operation, starting at 0. */
export type Tamper = (operation: string, body: string, nth: number) => string;

/** Time of one `advance`, which is longer than a deployment takes. */
const STEP_MS = 10_000;

/**
 * Simulated AWS behind the real SDK and the adapter of the operator. Its responses can be tampered with on the wire.
 */
export class HostileAws {
  readonly served: Served[] = [];
  readonly fleet: AwsFleet;
  tamper: Tamper = (_, body) => body;
  readonly #endpoint: Endpoint;
  readonly #counts = new Map<string, number>();
  #elapsed = 0;

  constructor(document: SeedDocument) {
    const seed = seedFrom(document);
    const clock = {
      now: () => new Date(Date.UTC(2026, 0, 5, 10) + this.#elapsed),
      monotonic: () => this.#elapsed,
      sleep: async () => {},
    };
    this.#endpoint = new Endpoint({
      simulated: new SimulatedWorkSpaces({ seed, clock }),
      limiter: new SimulatedRateLimiter({ callsPerSecond: 0, burst: 1 }, clock),
      faults: new Faults([], () => 0),
      calls: new CallLog(() => {}, 0),
      account: seed,
      clock,
    });
    this.fleet = this.#connect();
  }

  /** Advances the time so that deployments continue. */
  advance(): void {
    this.#elapsed += STEP_MS;
  }

  #connect(): AwsFleet {
    const configuration = {
      region: 'eu-central-1',
      credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
      maxAttempts: 1,
      requestHandler: { handle: (request: WireRequest) => this.#handle(request), destroy: () => {} },
    };
    const clock = new InstantClock();
    const clients = {
      workspaces: tolerateInvalidTimes(new WorkSpacesClient(configuration as never)),
      tagging: new ResourceGroupsTaggingAPIClient(configuration as never),
    };
    const rateLimiter = new RateLimiter({ callsPerSecond: 1_000, burst: 1_000, clock });
    return awsFleetOver(clients, { rateLimiter, clock, random: () => 0.5, signal: new AbortController().signal });
  }

  async #handle({ headers, body }: WireRequest) {
    const operation = operationIn(headers['x-amz-target'] ?? '');
    const request = new TextDecoder().decode(body);
    const { response: served, requestId } = await this.#endpoint.handle(operation, request);
    if (served.kind !== 'response') {
      throw new Error('unexpected fault');
    }
    const nth = this.#counts.get(operation) ?? 0;
    this.#counts.set(operation, nth + 1);
    const text = served.status === 200 ? this.tamper(operation, served.body, nth) : served.body;
    this.served.push({ operation, input: JSON.parse(request), body: text });
    const response = {
      statusCode: served.status,
      headers: { 'content-type': served.contentType, 'x-amzn-requestid': requestId },
      body: Readable.from([Buffer.from(text)]),
    };
    return { response };
  }
}

interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
