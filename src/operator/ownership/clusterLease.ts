import type { Logger } from 'pino';
import { type Clock, stopwatch } from '../../clock.ts';
import { ApiError, messageOf } from '../../kube/apiError.ts';
import { type OnError, safeHandler } from '../../kube/backgroundError.ts';
import { type Lease, type LeaseClient, type LeaseTiming, microTime } from '../../kube/lease.ts';
import { type Claim, type ClaimKey, claimsIn, describeClaim, overlaps, withClaims } from './claims.ts';

export interface ClusterLeaseOptions {
  readonly client: Pick<LeaseClient, 'get' | 'update'>;
  /** Namespace of the Lease, which all operators of a cluster share. */
  readonly namespace: string;
  /** Namespace that this operator watches. Undefined for all namespaces. */
  readonly watchedNamespace: string | undefined;
  /** Namespace of the leases that distribute the fleets. Its replicas share a claim. */
  readonly installation: string;
  /** Identity of this replica. */
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  readonly onError: OnError;
  readonly log: Logger;
}

/** Name of the Lease. The RBAC rules of deploy/ contain it. */
export const CLUSTER_LEASE = 'wsap.operators';
/** Default namespace of the Lease. */
export const CLUSTER_LEASE_NAMESPACE = 'kube-system';

/** Maximum number of writes that fail because other operators or replicas renew their claims at the same time. */
const MAX_ATTEMPTS = 10;
/** Interval at which an error that lasts is reported again. */
const REPORT_INTERVAL_MS = 5 * 60_000;
/** Maximum delay between these writes. */
const CONFLICT_DELAY_MS = 50;

/**
 * Lease in which the operators of a cluster claim the policies that they manage: of all namespaces, or of one. An operator
 * stands by while another installation has a claim that overlaps with its own, wherever that one is installed. All claims
 * are in one Lease, so that the API server serializes them. As with other leases, a claim expires when this process has
 * observed no renewal for its duration, and a process stops acting before its own claim can expire.
 */
export class ClusterLease {
  readonly #options: ClusterLeaseOptions;
  readonly #key: ClaimKey;
  readonly #onError: OnError;
  readonly #listeners: (() => void)[] = [];
  /** Claims as last observed, each with the time when its version was first observed (monotonic). */
  #observed = new Map<ClaimKey, { readonly claim: Claim; readonly at: number }>();
  /** Last version that this process wrote. Undefined if it must read the Lease first. */
  #lease: Lease | undefined;
  #isAdmitted = false;
  /** Returns the time since the last successful renewal was sent, in milliseconds. */
  #sinceRenewal = () => Number.POSITIVE_INFINITY;
  /** Time of the last observed renewal by another replica of the installation (monotonic). */
  #othersRenewedAt = Number.NEGATIVE_INFINITY;
  #obstacle: Claim | undefined;
  #error: string | undefined;
  /** Whether the API server forbade the last attempt, so that only a user can end the error. */
  #isForbidden = false;
  /** Time of the last reported error (monotonic). */
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ClusterLeaseOptions) {
    this.#options = options;
    this.#key = options.watchedNamespace;
    this.#onError = safeHandler(options.onError);
  }

  /** Whether this operator may own fleets. If the claim expires, it remains true until another operator has one that overlaps. */
  get isAdmitted(): boolean {
    return this.#isAdmitted;
  }

  /** Whether changes are permitted. Check it right before each change. */
  get mayAct(): boolean {
    return this.#isAdmitted && this.#sinceRenewal() < this.#options.timing.renewDeadline;
  }

  /** Whether no other operator can act yet. Until then, this one may write statuses. */
  get isHeld(): boolean {
    return this.#isAdmitted && this.#sinceRenewal() < this.#options.timing.leaseDuration;
  }

  /** Claim of the operator that acts instead of this one. Undefined if there is none. */
  get obstacle(): Claim | undefined {
    return this.#obstacle;
  }

  /**
   * Returns why this operator stands by, and what to do. Undefined if it acts, while the API server is unavailable, and while it waits for
   * earlier pods of its own installation.
   */
  problem(): string | undefined {
    if (this.#isAdmitted) {
      return this.#isForbidden && !this.isHeld ? this.#error : undefined;
    }
    if (this.#obstacle !== undefined) {
      // Earlier pods of the same installation end only when this one is ready.
      return this.#isOwn(this.#obstacle)
        ? undefined
        : `standing by, because ${describeClaim(this.#obstacle)}; ${REMEDY}`;
    }
    return this.#error ?? 'the operator has not checked yet whether another operator manages the same policies';
  }

  /** Calls a listener when this operator is admitted or must stand by. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Claims the policies, and renews the claim until the signal is aborted. */
  async run(stopping: AbortSignal): Promise<void> {
    const { clock, timing } = this.#options;
    while (!stopping.aborted) {
      await this.#claim();
      await clock.sleep(timing.retryPeriod, stopping).catch(() => {});
    }
  }

  /** Removes the claim, unless another replica of the installation relies on it. Call it after all work has ended. */
  async stop(): Promise<void> {
    const { clock, timing } = this.#options;
    const isShared = () => clock.monotonic() - this.#othersRenewedAt < timing.leaseDuration;
    const attempt = async () => {
      const lease = this.#lease ?? (await this.#read());
      if (!isShared() && this.#observed.get(this.#key)?.claim.identity === this.#options.identity) {
        await this.#write(lease, undefined);
      }
    };
    if (this.#isAdmitted) {
      this.#isAdmitted = false;
      await this.#retryConflicts(attempt).catch((error: unknown) => this.#report('release', error));
    }
  }

  async #claim(): Promise<void> {
    try {
      await this.#retryConflicts(() => this.#tryToClaim());
      this.#error = undefined;
      this.#isForbidden = false;
    } catch (error) {
      // Conflicts are usual where many operators share the Lease. They matter only once the claim is late.
      if (!(isConflict(error) && this.mayAct)) {
        this.#report('claim', error);
      }
    }
  }

  async #tryToClaim(): Promise<void> {
    const { clock, installation, identity } = this.#options;
    const lease = this.#lease ?? (await this.#read());
    const obstacle = this.#findObstacle();
    if (obstacle !== undefined) {
      this.#lease = undefined;
      this.#standBy(obstacle);
      return;
    }
    const sinceRenewal = stopwatch(clock);
    await this.#write(lease, {
      watchedNamespace: this.#key,
      installation,
      identity,
      renewTime: microTime(clock.now()),
      durationMs: this.#options.timing.leaseDuration,
    });
    this.#sinceRenewal = sinceRenewal;
    this.#admit();
  }

  /** Repeats an attempt that fails because the Lease has changed since it was read. */
  async #retryConflicts(attempt: () => Promise<void>): Promise<void> {
    const { clock, random } = this.#options;
    for (let attempts = 1; ; attempts++) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (!isConflict(error) || attempts === MAX_ATTEMPTS) {
          throw error;
        }
        this.#lease = undefined;
        await clock.sleep(Math.ceil(random() * CONFLICT_DELAY_MS));
      }
    }
  }

  async #read(): Promise<Lease | undefined> {
    const lease = await this.#options.client.get(CLUSTER_LEASE);
    this.#observe(lease);
    return lease;
  }

  /** Writes the claims that are in effect, with this one instead of the installation's last one. */
  async #write(lease: Lease | undefined, own: Claim | undefined): Promise<void> {
    const { client, namespace, timing, clock } = this.#options;
    const others = [...this.#observed]
      .filter(([key, { claim }]) => key !== this.#key && this.#isInEffect(claim, key))
      .map(([, { claim }]) => claim);
    const claims = own === undefined ? others : [...others, own];
    const { metadata, spec } = withClaims(lease, { name: CLUSTER_LEASE, namespace }, claims);
    const written = await client.update(
      { metadata },
      { ...spec, leaseDurationSeconds: timing.leaseDuration / 1_000, renewTime: microTime(clock.now()) },
    );
    this.#lease = written;
    this.#observe(written);
  }

  #observe(lease: Lease | undefined): void {
    const { clock, installation, identity } = this.#options;
    if (lease === undefined) {
      // If someone deletes the Lease, the claims in it remain in effect until they expire: their operators may not know it yet.
      return;
    }
    const now = clock.monotonic();
    const before = this.#observed;
    this.#observed = new Map(
      claimsIn(lease).map((claim) => {
        const known = before.get(claim.watchedNamespace);
        const isSame = known?.claim.renewTime === claim.renewTime && known.claim.identity === claim.identity;
        return [claim.watchedNamespace, { claim, at: isSame ? known.at : now }];
      }),
    );
    const own = this.#observed.get(this.#key);
    if (own?.claim.installation === installation && own.claim.identity !== identity) {
      this.#othersRenewedAt = own.at;
    }
  }

  #findObstacle(): Claim | undefined {
    const { installation } = this.#options;
    return [...this.#observed]
      .filter(
        ([key, { claim }]) => overlaps(key, this.#key) && !(key === this.#key && claim.installation === installation),
      )
      .map(([, { claim }]) => claim)
      .find((claim) => this.#isInEffect(claim, claim.watchedNamespace));
  }

  #isInEffect({ durationMs }: Claim, key: ClaimKey): boolean {
    const at = this.#observed.get(key)?.at ?? Number.NEGATIVE_INFINITY;
    return this.#options.clock.monotonic() - at < durationMs;
  }

  #admit(): void {
    if (this.#isAdmitted) {
      return;
    }
    if (this.#obstacle !== undefined) {
      this.#options.log.info('taking over, because no other operator manages the same policies');
    }
    this.#obstacle = undefined;
    this.#isAdmitted = true;
    this.#notify();
  }

  #standBy(obstacle: Claim): void {
    const known = this.#obstacle;
    this.#obstacle = obstacle;
    this.#error = undefined;
    if (known?.installation !== obstacle.installation || known.watchedNamespace !== obstacle.watchedNamespace) {
      const { installation: namespace, identity } = obstacle;
      const actingOperator = { namespace, identity };
      if (this.#isOwn(obstacle)) {
        this.#options.log.info(
          { actingOperator },
          `waiting for earlier pods of this installation: ${describeClaim(obstacle)}`,
        );
      } else {
        this.#options.log.warn({ actingOperator }, `standing by: ${describeClaim(obstacle)}; ${REMEDY}`);
      }
    }
    if (this.#isAdmitted) {
      this.#isAdmitted = false;
      this.#notify();
    }
  }

  #notify(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }

  #report(action: string, cause: unknown): void {
    const { namespace, clock } = this.#options;
    const isForbidden = cause instanceof ApiError && cause.code === 403;
    const remedy = isForbidden ? `; grant get, create, and update on the Lease ${CLUSTER_LEASE} in ${namespace}` : '';
    const message = `cannot ${action} the Lease ${namespace}/${CLUSTER_LEASE}: ${messageOf(cause)}${remedy}`;
    this.#isForbidden = isForbidden;
    const now = clock.monotonic();
    if (this.#error !== message || now - this.#reportedAt >= REPORT_INTERVAL_MS) {
      this.#error = message;
      this.#reportedAt = now;
      this.#onError({ message, cause });
    }
  }

  /** Whether a claim is of this installation, but covers other policies, because its pods have another `--namespace`. */
  #isOwn({ installation }: Claim): boolean {
    return installation === this.#options.installation;
  }
}

const REMEDY = 'uninstall one of the two operators, or set a different --namespace for each';

/** Whether a write failed because the Lease has changed: a write without a version creates it, and is invalid if it exists. */
function isConflict(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 409 || error.code === 404 || error.code === 422);
}
