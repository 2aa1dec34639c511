import { isDeepStrictEqual } from 'node:util';
import type { AwsConnection } from '../aws/connection.ts';
import type { AwsFleet } from '../aws/createAwsFleet.ts';
import { flowOfWork, withFlow } from '../aws/flow.ts';
import type { CallerIdentity } from '../aws/identity.ts';
import type { Clock } from '../clock.ts';
import type { RecordedDelivery } from '../eventbridge/deliveryHealth.ts';
import type { EventQueue } from '../eventbridge/ports.ts';
import { FleetError } from '../fleet/errors.ts';
import type { DisassociationQuota } from '../history/disassociationQuota.ts';
import { BundleCache } from '../inventory/bundleCache.ts';
import { Inventory } from '../inventory/inventory.ts';
import { declaredAccountID } from '../policy/parseFleet.ts';
import { DEFAULT_FLEET, type FleetConfig } from '../policy/workspaceFleet.ts';
import type { FleetRunContext } from '../run.ts';
import { identityBlocker } from '../status/blocker.ts';
import type { Blocker } from '../status/conditions.ts';
import type { Backlog } from '../status/notEvaluated.ts';
import { type AwsScope, type AwsScopes, type SharedScope, scopeOf } from './awsScopes.ts';
import { FleetEvents, type FleetEventsOptions } from './eventbridge/fleetEvents.ts';

/** What the events of a fleet need, except its connection. */
export type FleetEventsInputs = Pick<FleetEventsOptions, 'host' | 'observer' | 'random' | 'log' | 'stopping'>;

/** AWS identity of the operator in a fleet, and the region. */
export type FleetIdentity = CallerIdentity & { readonly region: string };

/** Connection to the account and region of a fleet. */
interface FleetConnection extends Pick<AwsConnection, 'identify' | 'fleet'> {
  /** Returns a queue with events. Undefined if there are no queues. */
  readonly eventQueue?: ((queueURL: string) => EventQueue) | undefined;
}

export interface FleetRuntimeOptions {
  readonly connection: FleetConnection;
  /** What the events of the fleet need of the operator. Undefined if it reads no events. */
  readonly events?: FleetEventsInputs | undefined;
  readonly quota: DisassociationQuota;
  readonly scopes: AwsScopes;
  readonly clock: Clock;
  /** Returns the accounts that the fleet used before, as far as they are recorded. */
  readonly recordedAccounts: () => readonly string[];
  /** Returns what an earlier process recorded of the events of the fleet. Defaults to nothing. */
  readonly recordedDelivery?: ((generation: number) => RecordedDelivery) | undefined;
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
  #events: FleetEvents | undefined;
  #recordedDelivery: Partial<RecordedDelivery>;
  #isClosed = false;

  constructor(fleet: FleetConfig, options: FleetRuntimeOptions) {
    this.#fleet = fleet;
    this.#options = options;
    // The next status can lack it, because nothing is known of the events before AWS has confirmed the account.
    this.#recordedDelivery = options.recordedDelivery?.(fleet.generation) ?? {};
  }

  /** Applies a changed spec. Returns false if the AWS access changed and the fleet must be reconnected. */
  update(fleet: FleetConfig): boolean {
    if (fleet.uid !== this.#fleet.uid || !isDeepStrictEqual(fleet.access, this.#fleet.access)) {
      return false;
    }
    const hasOtherQueue = fleet.events?.queueURL !== this.#fleet.events?.queueURL;
    this.#fleet = fleet;
    this.#options.quota.limit = fleet.limits.maxDisassociationsPerHour;
    if (hasOtherQueue) {
      this.#events?.close();
      this.#events = undefined;
      this.#recordedDelivery = {};
    }
    this.#join();
    return true;
  }

  /** Checks the AWS identity. A confirmed account stays in use while AWS doesn't respond. */
  async identify(): Promise<void> {
    try {
      const identity = await this.#options.connection.identify();
      this.#blocker = this.#mismatchOf(identity);
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

  /** Events of AWS. Undefined if the fleet has none, or isn't connected. */
  get events(): Pick<FleetEvents, 'view' | 'resyncInterval'> | undefined {
    return this.#events;
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
    const { rateLimiter, ...shared } = this.#shared;
    const { name, limits } = this.#fleet;
    const { accountID, region, arn } = this.#identity;
    return {
      ...shared,
      location: { name, accountID, region },
      callerARN: arn,
      fleet: this.#aws.urgent,
      inventory: this.#inventory,
      bundles: this.#bundles,
      quota: this.#options.quota,
      callsPerSecond: rateLimiter.configuredCallsPerSecond,
      limits,
    };
  }

  /** Closes the fleet permanently. */
  close(): void {
    this.#isClosed = true;
    this.#events?.close();
    this.#options.scopes.leave(this.#key);
    this.#options.close();
  }

  /**
   * Returns a blocker for another account than the expected one. If the resource names no account, the one that the fleet used before is
   * expected, also after a restart: other credentials would apply its policies to other WorkSpaces.
   */
  #mismatchOf(identity: FleetIdentity): Blocker | undefined {
    const { accountID } = identity;
    const { name, access } = this.#fleet;
    const { expectedAccountID } = access;
    if (expectedAccountID !== undefined && expectedAccountID !== accountID) {
      return mismatch(
        identity,
        `${expectedAccountID} is expected`,
        'correct spec.roleARN, the credentials, or spec.expectedAccountID',
      );
    }
    const isDeclared = declaredAccountID(access) === accountID;
    const known = this.#identity === undefined ? [] : [this.#identity.accountID];
    const previous = [...known, ...(isDeclared ? [] : this.#options.recordedAccounts())].find(
      (one) => one !== accountID,
    );
    if (previous === undefined) {
      return undefined;
    }
    const acceptance =
      name === undefined
        ? `create the WorkspaceFleet ${DEFAULT_FLEET} with spec.expectedAccountID ${accountID}`
        : `set spec.expectedAccountID to ${accountID}`;
    return mismatch(
      identity,
      `${name === undefined ? 'the operator' : 'this fleet'} used account ${previous} before`,
      `correct the credentials, or, to accept the account, ${acceptance}`,
    );
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
      const aws = connection.fleet(this.#shared.rateLimiter, this.#identity, (requestID) =>
        this.#events?.recordChange(requestID),
      );
      this.#aws = aws;
      const limit = () => this.#shared?.rateLimiter.callsPerSecond ?? this.#fleet.rateLimit.callsPerSecond;
      const bundles = new BundleCache(aws.bundlesWith('background'), clock, onBundlesRead, limit);
      this.#bundles = bundles;
      this.#inventory = new Inventory(aws, clock, {
        callsSoFar: () => aws.calls().filter(({ priority }) => priority === 'inventory'),
        callsPerSecond: limit,
        background: () => bundles.callsPerSecond,
        resyncInterval: () => this.#events?.resyncInterval,
        apart: (reads) => withFlow(`${flowOfWork()} <polls>`, reads),
      });
    }
    this.#events ??= this.#receiveEvents(this.#identity);
  }

  /** Starts to receive events. Returns undefined if the fleet has none. */
  #receiveEvents({ accountID, region }: FleetIdentity): FleetEvents | undefined {
    const { connection, clock, events: inputs } = this.#options;
    const source = this.#fleet.events;
    const [aws, inventory] = [this.#aws, this.#inventory];
    const queue = source && connection.eventQueue?.(source.queueURL);
    if (this.#isClosed || !source || !queue || !inputs || !aws || !inventory) {
      return undefined;
    }
    const { host } = inputs;
    const events = new FleetEvents({
      ...inputs,
      host: { ...host, isActive: () => this.context !== undefined && host.isActive() },
      queue,
      scope: { accountID, region },
      clock,
      reads: inventory.announced,
      fleet: aws.urgent,
      resyncInterval: () => this.#fleet.events?.resyncInterval ?? source.resyncInterval,
      recorded: this.#recordedDelivery,
    });
    void events.run();
    return events;
  }
}

function mismatch({ accountID, arn }: CallerIdentity, contradiction: string, remedy: string): Blocker {
  return {
    reason: 'AccountMismatch',
    message: `AWS reports account ${accountID} (${arn}), but ${contradiction}; the operator does not use this account; ${remedy}`,
    terminal: true,
  };
}
