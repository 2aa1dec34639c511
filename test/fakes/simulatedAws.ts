import { Readable } from 'node:stream';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import { type AwsFleet, awsFleetOver } from '../../src/aws/createAwsFleet.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import type { Clock } from '../../src/clock.ts';
import { CallLog } from '../../src/simulator/callLog.ts';
import { Endpoint } from '../../src/simulator/endpoint.ts';
import { Faults } from '../../src/simulator/faults.ts';
import { operationIn } from '../../src/simulator/model.ts';
import { SimulatedRateLimiter } from '../../src/simulator/rateLimit.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import { SimulatedWorkSpaces } from '../../src/simulator/simulatedWorkspaces.ts';
import { InstantClock, VirtualClock } from './clock.ts';

/** A change that the simulator received. */
export interface SentChange {
  readonly operation: string;
  readonly workspaceID: string;
  readonly applicationID: string | undefined;
  /** Exception of AWS. Undefined if it accepted the change. */
  readonly exception: string | undefined;
}

const CHANGES = /^(Associate|Disassociate|Deploy)Workspace/;

/** The simulator behind the real SDK and the adapter of the operator, on virtual time. */
export class SimulatedAws {
  readonly fleet: AwsFleet & { advance(): void };
  readonly simulated: SimulatedWorkSpaces;
  readonly changes: SentChange[] = [];
  /** Called after each change that AWS accepted. */
  onChange: () => void = () => {};
  /** Clock of AWS. Set it to the clock of the operator. */
  clock: Clock = new VirtualClock();
  readonly #endpoint: Endpoint;

  constructor(document: SeedDocument) {
    const seed = seedFrom(document);
    const clock: Clock = {
      now: () => this.clock.now(),
      monotonic: () => this.clock.monotonic(),
      sleep: async () => {},
    };
    const faults = new Faults(seed.faults, () => 0);
    this.simulated = new SimulatedWorkSpaces({ seed, clock, failureOf: faults.failureOf });
    this.#endpoint = new Endpoint({
      simulated: this.simulated,
      limiter: new SimulatedRateLimiter({ callsPerSecond: 0, burst: 1 }, clock),
      faults,
      calls: new CallLog(() => {}, 0),
      account: seed,
      clock,
    });
    this.fleet = Object.assign(this.#connect(), { advance: () => {} });
  }

  /** Returns the state of an association. Undefined if there is none. */
  stateOf(workspaceID: string, applicationID: string): string | undefined {
    return this.simulated.workspaces.find((one) => one.workspaceID === workspaceID)?.associations.get(applicationID)
      ?.state;
  }

  /** Returns the accepted changes of a WorkSpace as text, for example, "Associate wsa-2" and "Deploy". */
  changesOf(workspaceID: string): string[] {
    return this.changes
      .filter((one) => one.workspaceID === workspaceID && one.exception === undefined)
      .map(({ operation, applicationID = '' }) => `${operation.replace(/Workspace.*/, '')} ${applicationID}`.trim());
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
      workspaces: new WorkSpacesClient(configuration as never),
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
    if (CHANGES.test(operation)) {
      const { WorkspaceId, ApplicationId } = JSON.parse(request);
      const exception = served.status === 200 ? undefined : JSON.parse(served.body).__type;
      this.changes.push({ operation, workspaceID: WorkspaceId, applicationID: ApplicationId, exception });
      if (exception === undefined) {
        this.onChange();
      }
    }
    const response = {
      statusCode: served.status,
      headers: { 'content-type': served.contentType, 'x-amzn-requestid': requestId },
      body: Readable.from([Buffer.from(served.body)]),
    };
    return { response };
  }
}

interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
