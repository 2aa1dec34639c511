import { RateLimiter } from '../aws/rateLimiter.ts';
import type { Clock } from '../clock.ts';
import { KeyedMutex } from '../execute/keyedMutex.ts';
import { ChangeHistory } from '../history/changeHistory.ts';
import { accountOf } from '../policy/parseFleet.ts';
import type { CallRate, FleetAccess } from '../policy/workspaceFleet.ts';
import type { FleetRunContext } from '../run.ts';

/** An account and a region of AWS, as far as they are known: AWS tells those of the operator's own settings. */
export interface AwsScope {
  readonly accountID: string | undefined;
  readonly region: string | undefined;
}

/** An account and region in one string, as `111111111111/eu-central-1`. */
export function scopeKey({ accountID, region }: AwsScope): string {
  return `${accountID}/${region}`;
}

/** The reverse of scopeKey. */
export function parseScopeKey(key: string): AwsScope {
  const [accountID, region] = key.split('/');
  return { accountID, region };
}

/** Where a fleet is by its resource alone. */
export function scopeOf({ region, roleARN, expectedAccountID }: FleetAccess): AwsScope {
  return { region, accountID: roleARN === undefined ? expectedAccountID : accountOf(roleARN) };
}

/** Where a fleet is by its resource, and, as far as that leaves it open, by where it was found to be. */
export function resolveScope(byResource: AwsScope, found: AwsScope | undefined): AwsScope {
  return found !== undefined && mayOverlap(byResource, found) ? found : byResource;
}

/** Whether fleets at two places may have the same WorkSpaces. */
export function mayOverlap(a: AwsScope, b: AwsScope): boolean {
  const mayEqual = (one: string | undefined, other: string | undefined) =>
    one === other || one === undefined || other === undefined;
  return mayEqual(a.region, b.region) && mayEqual(a.accountID, b.accountID);
}

/** What all who change the WorkSpaces of one account and region share, whichever fleets they are of. */
export interface SharedScope extends Pick<FleetRunContext, 'history' | 'workspaces' | 'intents'> {
  readonly rateLimiter: RateLimiter;
}

/** The places that fleets are at. AWS counts calls for each account and region, and so does the operator. */
export class AwsScopes {
  readonly #clock: Clock;
  readonly #shared = new Map<string, SharedScope>();
  readonly #rates = new Map<string, Map<string, CallRate>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is shared at a place. The fleet's rate counts among those of the others there from now on; the lowest holds. */
  join(accountID: string, region: string, fleet: string, rate: CallRate): SharedScope {
    const key = scopeKey({ accountID, region });
    const rates = (this.#rates.get(key) ?? new Map<string, CallRate>()).set(fleet, rate);
    this.#rates.set(key, rates);
    const lowest = lowestOf([...rates.values()]);
    const shared = this.#shared.get(key) ?? newScope(lowest, this.#clock);
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
    for (const { intents, history } of this.#shared.values()) {
      intents.delete(policyKey);
      history.forget(policyKey);
    }
  }
}

function newScope(rate: CallRate, clock: Clock): SharedScope {
  return {
    rateLimiter: new RateLimiter({ ...rate, clock }),
    history: new ChangeHistory(),
    workspaces: new KeyedMutex(workspacesAtOnce(rate.callsPerSecond)),
    intents: new Map(),
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
