import { RateLimiter } from '../aws/rateLimiter.ts';
import type { Clock } from '../clock.ts';
import { Failures } from '../execute/failures.ts';
import { KeyedMutex } from '../execute/keyedMutex.ts';
import { Removals } from '../execute/removals.ts';
import { Repetitions } from '../execute/repetitions.ts';
import { Settling } from '../execute/settling.ts';
import { accountOf } from '../policy/parseFleet.ts';
import type { CallRate, FleetAccess } from '../policy/workspaceFleet.ts';
import type { ReconcileContext } from '../reconcile.ts';

/** An account and a region of AWS, as far as they are known: AWS tells those of the operator's own settings. */
export interface Place {
  readonly accountID: string | undefined;
  readonly region: string | undefined;
}

/** An account and region in one string, as `111111111111/eu-central-1`. */
export function placeKey({ accountID, region }: Place): string {
  return `${accountID}/${region}`;
}

/** The reverse of placeKey. */
export function placeOfKey(key: string): Place {
  const [accountID, region] = key.split('/');
  return { accountID, region };
}

/** Where a fleet is by its resource alone. */
export function placeIn({ region, roleARN, expectedAccountID }: FleetAccess): Place {
  return { region, accountID: roleARN === undefined ? expectedAccountID : accountOf(roleARN) };
}

/** Where a fleet is by its resource, and, as far as that leaves it open, by where it was found to be. */
export function knownPlace(byResource: Place, found: Place | undefined): Place {
  return found !== undefined && mayBeSamePlace(byResource, found) ? found : byResource;
}

/** Whether fleets at two places may have the same WorkSpaces. */
export function mayBeSamePlace(a: Place, b: Place): boolean {
  const mayBeSame = (one: string | undefined, other: string | undefined) =>
    one === other || one === undefined || other === undefined;
  return mayBeSame(a.region, b.region) && mayBeSame(a.accountID, b.accountID);
}

/** What all who change the WorkSpaces of one account and region share, whichever fleets they are of. */
export interface SharedPlace
  extends Pick<ReconcileContext, 'attempts' | 'repeated' | 'removals' | 'settling' | 'workspaces' | 'deploying'> {
  readonly rateLimiter: RateLimiter;
}

/** The places that fleets are at. AWS counts calls for each account and region, and so does the operator. */
export class Places {
  readonly #clock: Clock;
  readonly #shared = new Map<string, SharedPlace>();
  readonly #rates = new Map<string, Map<string, CallRate>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is shared at a place. The fleet's rate counts among those of the others there from now on; the lowest holds. */
  join(accountID: string, region: string, fleet: string, rate: CallRate): SharedPlace {
    const key = placeKey({ accountID, region });
    const rates = (this.#rates.get(key) ?? new Map<string, CallRate>()).set(fleet, rate);
    this.#rates.set(key, rates);
    const lowest = lowestOf([...rates.values()]);
    const shared = this.#shared.get(key) ?? newPlace(lowest, this.#clock);
    this.#shared.set(key, shared);
    shared.rateLimiter.configure(lowest);
    return shared;
  }

  /** A fleet is gone from wherever it was. */
  leave(fleet: string): void {
    for (const [key, rates] of this.#rates) {
      if (rates.delete(fleet) && rates.size > 0) {
        this.#shared.get(key)?.rateLimiter.configure(lowestOf([...rates.values()]));
      }
    }
  }

  /** Forgets a place that is another replica's from now on: what is remembered of it will not be true any more. */
  vacate(key: string): void {
    this.#shared.delete(key);
    this.#rates.delete(key);
  }

  /** Forgets what is remembered of a policy that is gone. */
  forget(policyKey: string): void {
    for (const { deploying, attempts, repeated } of this.#shared.values()) {
      deploying.delete(policyKey);
      attempts.forget(policyKey);
      repeated.retain(policyKey, []);
    }
  }
}

function newPlace(rate: CallRate, clock: Clock): SharedPlace {
  return {
    rateLimiter: new RateLimiter({ ...rate, clock }),
    attempts: new Failures(),
    repeated: new Repetitions(),
    removals: new Removals(),
    settling: new Settling(),
    workspaces: new KeyedMutex(workspacesAtOnce(rate.callsPerSecond)),
    deploying: new Map(),
  };
}

/** So many WorkSpaces are changed at once that a call waits for seconds, and what it rests on stays fresh. */
function workspacesAtOnce(callsPerSecond: number): number {
  return Math.max(1, Math.min(8, Math.floor(callsPerSecond * 2)));
}

function lowestOf(rates: readonly CallRate[]): CallRate {
  return {
    callsPerSecond: Math.min(...rates.map(({ callsPerSecond }) => callsPerSecond)),
    burst: Math.min(...rates.map(({ burst }) => burst)),
  };
}
