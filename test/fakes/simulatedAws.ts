import type { AwsFleet } from '../../src/aws/createAwsFleet.ts';
import type { Clock } from '../../src/clock.ts';
import { CallLog } from '../../src/simulator/callLog.ts';
import { Endpoint } from '../../src/simulator/endpoint.ts';
import { Faults } from '../../src/simulator/faults.ts';
import { SimulatedRateLimiter } from '../../src/simulator/rateLimit.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import { SimulatedWorkSpaces } from '../../src/simulator/simulatedWorkspaces.ts';
import { VirtualClock } from './clock.ts';
import { type Exchange, wiredFleet } from './wiredFleet.ts';

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

  constructor(document: SeedDocument) {
    const seed = seedFrom(document);
    const clock: Clock = {
      now: () => this.clock.now(),
      monotonic: () => this.clock.monotonic(),
      sleep: async () => {},
    };
    const faults = new Faults(seed.faults, () => 0);
    this.simulated = new SimulatedWorkSpaces({ seed, clock, failureOf: faults.failureOf });
    const endpoint = new Endpoint({
      simulated: this.simulated,
      limiter: new SimulatedRateLimiter({ callsPerSecond: 0, burst: 1 }, clock),
      faults,
      calls: new CallLog(() => {}, 0),
      account: seed,
      clock,
    });
    this.fleet = Object.assign(
      wiredFleet(endpoint, (exchange) => this.#record(exchange)),
      { advance: () => {} },
    );
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

  #record({ operation, request, status, body }: Exchange): string {
    if (CHANGES.test(operation)) {
      const { WorkspaceId, ApplicationId } = JSON.parse(request);
      const exception = status === 200 ? undefined : JSON.parse(body).__type;
      this.changes.push({ operation, workspaceID: WorkspaceId, applicationID: ApplicationId, exception });
      if (exception === undefined) {
        this.onChange();
      }
    }
    return body;
  }
}
