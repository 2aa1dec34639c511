import type { AwsFleet } from '../../../src/aws/createAwsFleet.ts';
import { CallLog } from '../../../src/simulator/callLog.ts';
import { Endpoint } from '../../../src/simulator/endpoint.ts';
import { Faults } from '../../../src/simulator/faults.ts';
import { SimulatedRateLimiter } from '../../../src/simulator/rateLimit.ts';
import { seedFrom } from '../../../src/simulator/seed.ts';
import type { SeedDocument } from '../../../src/simulator/seedDocument.ts';
import { SimulatedWorkSpaces } from '../../../src/simulator/simulatedWorkspaces.ts';
import { type Exchange, wiredFleet } from '../../fakes/wiredFleet.ts';

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
  readonly #counts = new Map<string, number>();
  #elapsed = 0;

  constructor(document: SeedDocument) {
    const seed = seedFrom(document);
    const clock = {
      now: () => new Date(Date.UTC(2026, 0, 5, 10) + this.#elapsed),
      monotonic: () => this.#elapsed,
      sleep: async () => {},
    };
    const endpoint = new Endpoint({
      simulated: new SimulatedWorkSpaces({ seed, clock }),
      limiter: new SimulatedRateLimiter({ callsPerSecond: 0, burst: 1 }, clock),
      faults: new Faults([], () => 0),
      calls: new CallLog(() => {}, 0),
      account: seed,
      clock,
    });
    this.fleet = wiredFleet(endpoint, (exchange) => this.#serve(exchange));
  }

  /** Advances the time so that deployments continue. */
  advance(): void {
    this.#elapsed += STEP_MS;
  }

  #serve({ operation, request, status, body }: Exchange): string {
    const nth = this.#counts.get(operation) ?? 0;
    this.#counts.set(operation, nth + 1);
    const text = status === 200 ? this.tamper(operation, body, nth) : body;
    this.served.push({ operation, input: JSON.parse(request), body: text });
    return text;
  }
}
