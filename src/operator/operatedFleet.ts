import { isDeepStrictEqual } from 'node:util';
import type { AwsConnection } from '../aws/connection.ts';
import type { AwsFleet } from '../aws/createAwsFleet.ts';
import type { Identity } from '../aws/identity.ts';
import type { Clock } from '../clock.ts';
import type { HourlyDisassociations } from '../execute/hourlyDisassociations.ts';
import { FleetError } from '../fleet/errors.ts';
import { Inventory } from '../fleet/inventory.ts';
import type { WorkspaceFleet } from '../policy/workspaceFleet.ts';
import type { ReconcileContext } from '../reconcile.ts';
import type { Trouble } from '../status/conditions.ts';
import { identityTrouble } from '../status/trouble.ts';
import { type Place, type Places, placeIn, type SharedPlace } from './places.ts';

/** What the runs of a fleet's policies share. */
export type OperatedContext = Omit<ReconcileContext, 'policiesConcerning' | 'mayAct' | 'showFor' | 'clock' | 'random'>;

/** Whom AWS takes the operator for in a fleet, and where that is. */
export type Located = Identity & { readonly region: string };

export interface OperatedFleetOptions {
  readonly connection: Pick<AwsConnection, 'identify' | 'fleet'>;
  readonly hourly: HourlyDisassociations;
  readonly places: Places;
  readonly clock: Clock;
  /** Ends what the connection is doing. */
  readonly close: () => void;
}

/** A fleet at work: nothing of it is used before AWS has said whose account it is, and that it is the expected one. */
export class OperatedFleet {
  readonly #options: OperatedFleetOptions;
  #fleet: WorkspaceFleet;
  #identity: Located | undefined;
  #trouble: Trouble | undefined;
  #shared: SharedPlace | undefined;
  #aws: AwsFleet | undefined;
  #inventory: Inventory | undefined;
  #isClosed = false;

  constructor(fleet: WorkspaceFleet, options: OperatedFleetOptions) {
    this.#fleet = fleet;
    this.#options = options;
  }

  /** Takes over what has changed of its resource. Returns false if that leads somewhere else, which takes another OperatedFleet. */
  update(fleet: WorkspaceFleet): boolean {
    if (fleet.uid !== this.#fleet.uid || !isDeepStrictEqual(fleet.access, this.#fleet.access)) {
      return false;
    }
    this.#fleet = fleet;
    this.#options.hourly.limit = fleet.terms.maxDisassociationsPerHour;
    this.#join();
    return true;
  }

  /** Asks AWS who this is. An account once found to be right stays in use while AWS gives no answer. */
  async identify(): Promise<void> {
    try {
      const identity = await this.#options.connection.identify();
      const { expectedAccountID } = this.#fleet.access;
      const isExpected = expectedAccountID === undefined || identity.accountID === expectedAccountID;
      const moved = this.#identity !== undefined && this.#identity.accountID !== identity.accountID;
      this.#trouble =
        isExpected && !moved ? undefined : mismatch(identity, expectedAccountID ?? this.#identity?.accountID);
      if (this.#trouble === undefined) {
        this.#identity = identity;
        this.#join();
      }
    } catch (error) {
      if (!(error instanceof FleetError)) {
        throw error;
      }
      const trouble = identityTrouble(error);
      if (this.#identity === undefined || trouble.needsPerson) {
        this.#trouble = trouble;
      }
    }
  }

  /** What is wrong with it; undefined if nothing is, or nothing is known yet. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Whether its stop switch is thrown. */
  get isSuspended(): boolean {
    return this.#fleet.terms.suspend;
  }

  get identity(): Located | undefined {
    return this.#identity;
  }

  get hourly(): HourlyDisassociations {
    return this.#options.hourly;
  }

  get inventory(): Inventory | undefined {
    return this.#inventory;
  }

  get rateLimiter() {
    return this.#shared?.rateLimiter;
  }

  /** Where it is, as far as that is known. */
  get place(): Place {
    return this.#identity ?? placeIn(this.#fleet.access);
  }

  /** What its policies run with; undefined while it can't be used. */
  get context(): OperatedContext | undefined {
    if (
      this.#isClosed ||
      this.#trouble !== undefined ||
      !this.#identity ||
      !this.#shared ||
      !this.#inventory ||
      !this.#aws
    ) {
      return undefined;
    }
    const { rateLimiter: _, ...shared } = this.#shared;
    const { name, terms } = this.#fleet;
    const { accountID, region } = this.#identity;
    return {
      ...shared,
      at: { name, accountID, region },
      fleet: this.#aws.urgent,
      inventory: this.#inventory,
      hourly: this.#options.hourly,
      terms,
    };
  }

  /** Ends it for good. */
  close(): void {
    this.#isClosed = true;
    this.#options.places.leave(this.#key);
    this.#options.close();
  }

  get #key(): string {
    return this.#fleet.name ?? '';
  }

  #join(): void {
    if (this.#identity === undefined) {
      return;
    }
    const { places, connection, clock } = this.#options;
    const { accountID, region } = this.#identity;
    this.#shared = places.join(accountID, region, this.#key, this.#fleet.rateLimit);
    if (this.#aws === undefined) {
      const aws = connection.fleet(this.#shared.rateLimiter);
      this.#aws = aws;
      this.#inventory = new Inventory(aws, clock, () => aws.calls().filter(({ priority }) => priority === 'inventory'));
    }
  }
}

function mismatch({ accountID, arn }: Identity, expected: string | undefined): Trouble {
  return {
    reason: 'AccountMismatch',
    message:
      `AWS says that this is account ${accountID} (${arn}), and ${expected} is expected; nothing is read or changed there. ` +
      'Correct spec.roleARN, the credentials, or spec.expectedAccountID',
    needsPerson: true,
  };
}
