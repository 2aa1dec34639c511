import { isDeepStrictEqual } from 'node:util';
import type { AwsConnection } from '../aws/connection.ts';
import type { AwsFleet } from '../aws/createAwsFleet.ts';
import type { CallerIdentity } from '../aws/identity.ts';
import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { DisassociationQuota } from '../history/disassociationQuota.ts';
import { Inventory } from '../inventory/inventory.ts';
import type { FleetConfig } from '../policy/workspaceFleet.ts';
import type { FleetRunContext } from '../run.ts';
import { identityBlocker } from '../status/blocker.ts';
import type { Blocker } from '../status/conditions.ts';
import { type AwsScope, type AwsScopes, type SharedScope, scopeOf } from './awsScopes.ts';

/** Whom AWS takes the operator for in a fleet, and where that is. */
export type FleetIdentity = CallerIdentity & { readonly region: string };

export interface FleetRuntimeOptions {
  readonly connection: Pick<AwsConnection, 'identify' | 'fleet'>;
  readonly quota: DisassociationQuota;
  readonly scopes: AwsScopes;
  readonly clock: Clock;
  /** Ends what the connection is doing. */
  readonly close: () => void;
}

/** A fleet at work: nothing of it is used before AWS has said whose account it is, and that it is the expected one. */
export class FleetRuntime {
  readonly #options: FleetRuntimeOptions;
  #fleet: FleetConfig;
  #identity: FleetIdentity | undefined;
  #blocker: Blocker | undefined;
  #shared: SharedScope | undefined;
  #aws: AwsFleet | undefined;
  #inventory: Inventory | undefined;
  #isClosed = false;

  constructor(fleet: FleetConfig, options: FleetRuntimeOptions) {
    this.#fleet = fleet;
    this.#options = options;
  }

  /** Takes over what has changed of its resource. Returns false if that leads somewhere else, which takes another FleetRuntime. */
  update(fleet: FleetConfig): boolean {
    if (fleet.uid !== this.#fleet.uid || !isDeepStrictEqual(fleet.access, this.#fleet.access)) {
      return false;
    }
    this.#fleet = fleet;
    this.#options.quota.limit = fleet.limits.maxDisassociationsPerHour;
    this.#join();
    return true;
  }

  /** Asks AWS who this is. An account once found to be right stays in use while AWS gives no answer. */
  async identify(): Promise<void> {
    try {
      const identity = await this.#options.connection.identify();
      const { expectedAccountID } = this.#fleet.access;
      const willComplete = expectedAccountID === undefined || identity.accountID === expectedAccountID;
      const moved = this.#identity !== undefined && this.#identity.accountID !== identity.accountID;
      this.#blocker =
        willComplete && !moved ? undefined : mismatch(identity, expectedAccountID ?? this.#identity?.accountID);
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

  /** What is wrong with it; undefined if nothing is, or nothing is known yet. */
  get blocker(): Blocker | undefined {
    return this.#blocker;
  }

  /** Whether its stop switch is thrown. */
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

  /** Where it is, as far as that is known. */
  get scope(): AwsScope {
    return this.#identity ?? scopeOf(this.#fleet.access);
  }

  /** What its policies run with; undefined while it can't be used. */
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
    const { name, limits } = this.#fleet;
    const { accountID, region } = this.#identity;
    return {
      ...shared,
      location: { name, accountID, region },
      fleet: this.#aws.urgent,
      inventory: this.#inventory,
      quota: this.#options.quota,
      limits,
    };
  }

  /** Ends it for good. */
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
    const { scopes, connection, clock } = this.#options;
    const { accountID, region } = this.#identity;
    this.#shared = scopes.join(accountID, region, this.#key, this.#fleet.rateLimit);
    if (this.#aws === undefined) {
      const aws = connection.fleet(this.#shared.rateLimiter);
      this.#aws = aws;
      this.#inventory = new Inventory(aws, clock, () => aws.calls().filter(({ priority }) => priority === 'inventory'));
    }
  }
}

function mismatch({ accountID, arn }: CallerIdentity, expected: string | undefined): Blocker {
  return {
    reason: 'AccountMismatch',
    message:
      `AWS says that this is account ${accountID} (${arn}), and ${expected} is expected; nothing is read or changed there. ` +
      'Correct spec.roleARN, the credentials, or spec.expectedAccountID',
    terminal: true,
  };
}
