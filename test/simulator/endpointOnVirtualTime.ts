import { CallLog } from '../../src/simulator/callLog.ts';
import { Endpoint } from '../../src/simulator/endpoint.ts';
import { type Fault, Faults } from '../../src/simulator/faults.ts';
import { seededRandom } from '../../src/simulator/random.ts';
import { SimulatedRateLimiter } from '../../src/simulator/rateLimit.ts';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import { SimulatedWorkSpaces } from '../../src/simulator/simulatedWorkspaces.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { ALICE, seedOf, VISIO } from './fixtures.ts';

/**
 * Returns an endpoint on virtual time. `ask` returns the status and the error, or the state of the connection; `answer`
 * returns the body.
 */
export function endpoint(
  faults: readonly Fault[] = [],
  {
    callsPerSecond = 0,
    burst = 5,
    ...document
  }: Partial<
    Pick<SeedDocument, 'iamPolicy' | 'undocumented' | 'workspaces' | 'bundles' | 'images' | 'taggingRateLimit'>
  > & {
    callsPerSecond?: number;
    burst?: number;
  } = {},
) {
  const clock = new VirtualClock();
  const seed = seedOf(document);
  const active = new Faults(faults, seededRandom(1));
  const simulated = new SimulatedWorkSpaces({ seed, clock, failureOf: active.failureOf });
  const calls = new CallLog();
  const limiter = new SimulatedRateLimiter({ callsPerSecond, burst }, clock, seed.undocumented.rateLimitPer);
  const taggingLimiter = new SimulatedRateLimiter(seed.taggingRateLimit, clock);
  const service = new Endpoint({
    simulated,
    limiter,
    taggingLimiter,
    faults: active,
    calls,
    account: seed,
    iamPolicy: seed.iamPolicy,
    clock,
  });
  const ask = async (operation: string, input: JsonObject | string = {}): Promise<string> => {
    const { response } = await service.handle(operation, typeof input === 'string' ? input : JSON.stringify(input));
    if (response.kind !== 'response') {
      return response.kind;
    }
    const { __type } = response.contentType === 'text/html' ? { __type: 'html' } : JSON.parse(response.body);
    return `${response.status}${__type === undefined ? '' : ` ${__type}`}`;
  };
  const answer = async (operation: string, input: JsonObject = {}) => {
    const { response } = await service.handle(operation, JSON.stringify(input));
    return response.kind === 'response' ? JSON.parse(response.body) : undefined;
  };
  return { clock, simulated, calls, faults: active, ask, answer };
}

export const DISASSOCIATE = { WorkspaceId: ALICE, ApplicationId: VISIO };
/** Returns the state of Visio on the WorkSpace of Alice. */
export const stateIn = (simulated: SimulatedWorkSpaces) =>
  simulated.workspaces.find(({ workspaceID }) => workspaceID === ALICE)?.associations.get(VISIO)?.state;
