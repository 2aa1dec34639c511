import { RateLimiter } from '../aws/rateLimiter.ts';
import type { Clock } from '../clock.ts';
import { KeyedMutex } from '../execute/keyedMutex.ts';
import { ChangeHistory } from '../history/changeHistory.ts';
import { declaredAccountID } from '../policy/parseFleet.ts';
import type { CallRate, FleetAccess } from '../policy/workspaceFleet.ts';
import type { FleetRunContext } from '../run.ts';

/** AWS account and region. Either is undefined until it is known: STS reports those of the ambient fleet. */
export interface AwsScope {
  readonly accountID: string | undefined;
  readonly region: string | undefined;
}

/** Returns the key of a scope, for example, `111111111111/eu-central-1`. */
export function scopeKey({ accountID, region }: AwsScope): string {
  return `${accountID}/${region}`;
}

/** Parses the key of a scope. */
export function parseScopeKey(key: string): AwsScope {
  const [accountID, region] = key.split('/');
  return { accountID, region };
}

/** Returns the scope of a fleet according to its resource. */
export function scopeOf(access: FleetAccess): AwsScope {
  return { region: access.region, accountID: declaredAccountID(access) };
}

/**
 * Returns the scope of a fleet: the recorded one if it is consistent with the resource, else the one of the resource.
 */
export function resolveScope(declared: AwsScope, recorded: AwsScope | undefined): AwsScope {
  return recorded !== undefined && mayOverlap(declared, recorded) ? recorded : declared;
}

/** Whether fleets in two scopes can contain the same WorkSpaces. Unknown accounts and regions can be equal to any. */
export function mayOverlap(a: AwsScope, b: AwsScope): boolean {
  const mayEqual = (first: string | undefined, second: string | undefined) =>
    first === second || first === undefined || second === undefined;
  return mayEqual(a.region, b.region) && mayEqual(a.accountID, b.accountID);
}

/** State shared by all fleets in one account and region. */
export interface SharedScope extends Pick<FleetRunContext, 'history' | 'workspaces' | 'intents'> {
  readonly rateLimiter: RateLimiter;
}

/** AWS scopes of the fleets. AWS limits requests per account and region, and so does the operator. */
export class AwsScopes {
  readonly #clock: Clock;
  readonly #shared = new Map<string, SharedScope>();
  readonly #rates = new Map<string, Map<string, CallRate>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a fleet to a scope and returns the shared state. The lowest rate of all its fleets applies. */
  join(accountID: string, region: string, fleet: string, rate: CallRate): SharedScope {
    const key = scopeKey({ accountID, region });
    const rates = (this.#rates.get(key) ?? new Map<string, CallRate>()).set(fleet, rate);
    this.#rates.set(key, rates);
    const lowest = lowestOf([...rates.values()]);
    const shared = this.#shared.get(key) ?? newScope(lowest, this.#clock);
    this.#shared.set(key, shared);
    applyRate(shared, lowest);
    return shared;
  }

  /** Removes a fleet from its scope. */
  leave(fleet: string): void {
    for (const [key, rates] of this.#rates) {
      const shared = this.#shared.get(key);
      if (rates.delete(fleet) && rates.size > 0 && shared !== undefined) {
        applyRate(shared, lowestOf([...rates.values()]));
      }
    }
  }

  /** Drops the state of a scope that another replica now holds, because it becomes outdated. */
  vacate(key: string): void {
    this.#shared.delete(key);
    this.#rates.delete(key);
  }

  /** Drops the state of a deleted policy. */
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
    workspaces: new KeyedMutex(maxConcurrentWorkspaces(rate.callsPerSecond)),
    intents: new Map(),
  };
}

function applyRate({ rateLimiter, workspaces }: SharedScope, rate: CallRate): void {
  rateLimiter.configure(rate);
  workspaces.maxConcurrentKeys = maxConcurrentWorkspaces(rate.callsPerSecond);
}

/**
 * Returns the number of WorkSpaces that are changed concurrently: few enough that a call waits only seconds and the
 * reads it depends on stay fresh.
 */
function maxConcurrentWorkspaces(callsPerSecond: number): number {
  return Math.max(1, Math.min(8, Math.floor(callsPerSecond * 2)));
}

function lowestOf(rates: readonly CallRate[]): CallRate {
  return {
    callsPerSecond: Math.min(...rates.map(({ callsPerSecond }) => callsPerSecond)),
    burst: Math.min(...rates.map(({ burst }) => burst)),
  };
}
