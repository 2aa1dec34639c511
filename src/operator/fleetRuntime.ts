import { isDeepStrictEqual } from 'node:util';
import type { AwsConnection } from '../aws/connection.ts';
import type { AwsFleet } from '../aws/createAwsFleet.ts';
import type { CallerIdentity } from '../aws/identity.ts';
import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { DisassociationQuota } from '../history/disassociationQuota.ts';
import { BundleCache } from '../inventory/bundleCache.ts';
import { Inventory } from '../inventory/inventory.ts';
import type { FleetConfig } from '../policy/workspaceFleet.ts';
import type { FleetRunContext } from '../run.ts';
import { identityBlocker } from '../status/blocker.ts';
import type { Blocker } from '../status/conditions.ts';
import type { Backlog } from '../status/notEvaluated.ts';
import { type AwsScope, type AwsScopes, type SharedScope, scopeOf } from './awsScopes.ts';

/** AWS identity of the operator in a fleet, and the region. */
export type FleetIdentity = CallerIdentity & { readonly region: string };

export interface FleetRuntimeOptions {
  readonly connection: Pick<AwsConnection, 'identify' | 'fleet'>;
  readonly quota: DisassociationQuota;
  readonly scopes: AwsScopes;
  readonly clock: Clock;
  /** Called after reads of bundles that changed what is known of them. */
  readonly onBundlesRead?: (() => void) | undefined;
  /** Cancels the calls of the connection. */
  readonly close: () => void;
}

/** Runtime state of a connected fleet. The fleet is used only after AWS has confirmed its account. */
export class FleetRuntime {
  readonly #options: FleetRuntimeOptions;
  #fleet: FleetConfig;
  #identity: FleetIdentity | undefined;
  #blocker: Blocker | undefined;
  #shared: SharedScope | undefined;
  #aws: AwsFleet | undefined;
  #inventory: Inventory | undefined;
  #bundles: BundleCache | undefined;
  #isClosed = false;

  constructor(fleet: FleetConfig, options: FleetRuntimeOptions) {
    this.#fleet = fleet;
    this.#options = options;
  }

  /** Applies a changed spec. Returns false if the AWS access changed and the fleet must be reconnected. */
  update(fleet: FleetConfig): boolean {
    if (fleet.uid !== this.#fleet.uid || !isDeepStrictEqual(fleet.access, this.#fleet.access)) {
      return false;
    }
    this.#fleet = fleet;
    this.#options.quota.limit = fleet.limits.maxDisassociationsPerHour;
    this.#join();
    return true;
  }

  /** Checks the AWS identity. A confirmed account stays in use while AWS doesn't respond. */
  async identify(): Promise<void> {
    try {
      const identity = await this.#options.connection.identify();
      const { expectedAccountID } = this.#fleet.access;
      const isExpected = expectedAccountID === undefined || identity.accountID === expectedAccountID;
      const hasChanged = this.#identity !== undefined && this.#identity.accountID !== identity.accountID;
      this.#blocker =
        isExpected && !hasChanged ? undefined : mismatch(identity, expectedAccountID ?? this.#identity?.accountID);
      if (this.#blocker === undefined) {
        this.#identity = identity;
        this.#join();
      }
    } catch (error) {
      if (!(error instanceof FleetError)) {
        throw error;
      }
      const blocker = identityBlocker(error);
      if (this.#identity === undefined || blocker.terminal) {
        this.#blocker = blocker;
      }
    }
  }

  /** Reason why the fleet can't be used. Undefined if there is none or nothing is known yet. */
  get blocker(): Blocker | undefined {
    return this.#blocker;
  }

  /** Whether the fleet is suspended. */
  get isSuspended(): boolean {
    return this.#fleet.limits.suspend;
  }

  get identity(): FleetIdentity | undefined {
    return this.#identity;
  }

  get quota(): DisassociationQuota {
    return this.#options.quota;
  }

  get inventory(): Inventory | undefined {
    return this.#inventory;
  }

  get rateLimiter() {
    return this.#shared?.rateLimiter;
  }

  /** Requests that the fleet's reads wait for: those in the line, or the rest of the current sync. */
  get backlog(): Backlog {
    const { waiting = 0, callsPerSecond = this.#fleet.rateLimit.callsPerSecond } = this.rateLimiter ?? {};
    return { requests: Math.max(waiting, this.#inventory?.remainingCalls ?? 0), callsPerSecond };
  }

  /** Scope of the fleet, as far as it is known. */
  get scope(): AwsScope {
    return this.#identity ?? scopeOf(this.#fleet.access);
  }

  /** Context for runs of policies. Undefined while the fleet can't be used. */
  get context(): FleetRunContext | undefined {
    if (
      this.#isClosed ||
      this.#blocker !== undefined ||
      !this.#identity ||
      !this.#shared ||
      !this.#inventory ||
      !this.#aws
    ) {
      return undefined;
    }
    const { rateLimiter: _, ...shared } = this.#shared;
    const { name, limits, rateLimit } = this.#fleet;
    const { accountID, region, arn } = this.#identity;
    return {
      ...shared,
      location: { name, accountID, region },
      callerARN: arn,
      fleet: this.#aws.urgent,
      inventory: this.#inventory,
      bundles: this.#bundles,
      quota: this.#options.quota,
      callsPerSecond: rateLimit.callsPerSecond,
      limits,
    };
  }

  /** Closes the fleet permanently. */
  close(): void {
    this.#isClosed = true;
    this.#options.scopes.leave(this.#key);
    this.#options.close();
  }

  get #key(): string {
    return this.#fleet.name ?? '';
  }

  #join(): void {
    if (this.#identity === undefined) {
      return;
    }
    const { scopes, connection, clock, onBundlesRead } = this.#options;
    const { accountID, region } = this.#identity;
    this.#shared = scopes.join(accountID, region, this.#key, this.#fleet.rateLimit);
    if (this.#aws === undefined) {
      const aws = connection.fleet(this.#shared.rateLimiter, this.#identity);
      this.#aws = aws;
      const limit = () => this.#shared?.rateLimiter.callsPerSecond ?? this.#fleet.rateLimit.callsPerSecond;
      const bundles = new BundleCache(aws.bundlesWith('background'), clock, onBundlesRead, limit);
      this.#bundles = bundles;
      this.#inventory = new Inventory(
        aws,
        clock,
        () => aws.calls().filter(({ priority }) => priority === 'inventory'),
        limit,
        () => bundles.callsPerSecond,
      );
    }
  }
}

function mismatch({ accountID, arn }: CallerIdentity, expected: string | undefined): Blocker {
  return {
    reason: 'AccountMismatch',
    message:
      `AWS reports account ${accountID} (${arn}), but ${expected} is expected; the operator does not use this account. ` +
      'Correct spec.roleARN, the credentials, or spec.expectedAccountID',
    terminal: true,
  };
}
