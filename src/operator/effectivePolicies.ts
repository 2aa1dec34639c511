import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { compareBy } from '../compare.ts';
import { mayShareWorkspaces } from '../policy/overlap.ts';
import type { Policy } from '../policy/policy.ts';
import { type FleetLimits, protectionsOnly, restrictToFleet } from '../policy/workspaceFleet.ts';
import { type AwsScope, mayOverlap, scopeKey } from './awsScopes.ts';

/** Fleet of a policy: its limits and AWS scope. */
export interface FleetBinding {
  readonly limits: FleetLimits;
  readonly scope: AwsScope;
}

/** Policy that a fleet allows. */
interface EffectivePolicy extends FleetBinding {
  /** Policy of the resource. */
  readonly raw: Policy;
  /** Policy restricted by the limits of its fleet. */
  readonly policy: Policy;
}

/** Protection that outlives a deleted or narrowed policy. */
interface LingeringProtection extends EffectivePolicy {
  /** End of the protection (monotonic), so that setting the clock doesn't affect it. */
  readonly until: number;
}

/**
 * Time for which a deleted or narrowed policy keeps protecting what it allowed. A renamed or replaced policy is missing
 * briefly, and a deleted namespace or CRD removes policies one by one.
 */
const LINGERING_PROTECTION_MS = 5 * 60_000;

/** Policies that were found in all policies. */
interface FoundIn {
  readonly all: readonly Policy[];
  readonly found: readonly Policy[];
}

/** Difference between two arrays of all policies. */
interface Difference {
  readonly from: readonly Policy[];
  readonly removed: ReadonlySet<Policy>;
  readonly added: readonly Policy[];
  /** Policies of which only the limits changed. */
  readonly limited: ReadonlySet<Policy>;
}

/** Number of edits after which the overlapping policies of a policy are found anew instead of updated. */
const MAX_DIFFERENCES = 64;

/** Policies that are evaluated: those that fleets allow, and the protections of recently deleted or narrowed ones. */
export class EffectivePolicies {
  readonly #clock: Clock;
  readonly #bindingFor: (policy: Policy) => FleetBinding | undefined;
  /** Policies of the resources by key, whether or not a fleet allows them. */
  readonly #raw = new Map<string, Policy>();
  readonly #effectivePolicies = new Map<string, EffectivePolicy>();
  /** Lingering protections by policy key, the latest last. */
  readonly #lingering = new Map<string, readonly LingeringProtection[]>();
  readonly #scopeOf = new WeakMap<Policy, AwsScope>();
  readonly #overlapping = new WeakMap<Policy, FoundIn>();
  /** Policies by scope, so that the array stays the same while no policy of the scope changes. */
  readonly #inScope = new Map<string, FoundIn>();
  #policies: readonly Policy[] | undefined;
  /** The last array of policies, and its differences to the ones before, the newest last. */
  #last: readonly Policy[] = [];
  #differences: readonly Difference[] = [];
  /** Policies of which only the limits changed since `#last`. */
  #limited = new Set<Policy>();
  #validUntil = Number.POSITIVE_INFINITY;

  /** Creates the index. `bindingFor` returns the fleet of a policy, or undefined if no fleet allows it. */
  constructor(clock: Clock, bindingFor: (policy: Policy) => FleetBinding | undefined) {
    this.#clock = clock;
    this.#bindingFor = bindingFor;
  }

  /** Sets or removes the policy of a resource. */
  set(key: string, raw: Policy | undefined): void {
    if (raw === undefined) {
      this.#raw.delete(key);
    } else {
      this.#raw.set(key, raw);
    }
    this.#update(key);
  }

  /** Evaluates the fleets of all policies again. Returns the keys of the policies whose fleet or limits changed. */
  reassign(): string[] {
    for (const protections of [...this.#lingering.values()]) {
      protections.forEach((protection) => void this.#restrictAgain(protection));
    }
    return [...this.#raw.keys()].filter((key) => this.#update(key));
  }

  /** Returns a policy restricted by its fleet, or undefined if it isn't evaluated. */
  get(key: string): Policy | undefined {
    return this.#effectivePolicies.get(key)?.policy;
  }

  /** Returns all policies sorted by key. The array is the same as long as none of them changes. */
  policies(): readonly Policy[] {
    const now = this.#clock.monotonic();
    if (this.#policies === undefined || now >= this.#validUntil) {
      for (const [key, protections] of this.#lingering) {
        const active = protections.filter(({ until }) => until > now);
        if (active.length === 0) {
          this.#lingering.delete(key);
        } else {
          this.#lingering.set(key, active);
        }
      }
      const protections = [...this.#lingering.values()].flat();
      this.#validUntil = protections.reduce((first, { until }) => Math.min(first, until), Number.POSITIVE_INFINITY);
      const effectivePolicies = [...this.#effectivePolicies.values(), ...protections];
      for (const { policy, scope } of effectivePolicies) {
        this.#scopeOf.set(policy, scope);
      }
      const policies = effectivePolicies.map(({ policy }) => policy).sort(compareBy(({ key }) => key));
      const difference = { ...differenceBetween(this.#last, policies), limited: this.#limited };
      this.#differences = [...this.#differences, difference].slice(-MAX_DIFFERENCES);
      this.#limited = new Set();
      this.#policies = policies;
      this.#last = policies;
    }
    return this.#policies;
  }

  /**
   * Returns the policies that can select the same WorkSpaces as a policy, including itself. The array is the same as
   * long as its policies are.
   */
  overlapping(policy: Policy): readonly Policy[] {
    const all = this.policies();
    const known = this.#overlapping.get(policy);
    if (known?.all === all) {
      return known.found;
    }
    const found = this.#overlappingNow(policy, known);
    this.#overlapping.set(policy, { all, found });
    return found;
  }

  /** Finds the overlapping policies. After an edit, considers only the policies that changed. */
  #overlappingNow(policy: Policy, known: FoundIn | undefined): readonly Policy[] {
    const all = this.policies();
    const first = this.#differences.findIndex(({ from }) => from === known?.all);
    if (known === undefined || first < 0) {
      return all.filter((other) => this.#mayShareWorkspaces(policy, other));
    }
    const differences = this.#differences.slice(first);
    const isRemoved = (other: Policy) => differences.some(({ removed }) => removed.has(other));
    const kept = known.found.filter((other) => !isRemoved(other));
    const added = differences
      .flatMap((difference) => difference.added)
      .filter((other) => this.#mayShareWorkspaces(policy, other));
    if (kept.length === known.found.length && added.length === 0) {
      const isLimited = (other: Policy) => differences.some(({ limited }) => limited.has(other));
      // Another array shows that what was decided with the earlier limits is outdated.
      return kept.some(isLimited) ? kept : known.found;
    }
    const matches = new Set([...kept, ...added]);
    return all.filter((other) => matches.has(other));
  }

  /**
   * Returns the policies that can select WorkSpaces of the same AWS account and region as a policy, including itself. The array is the same
   * as long as its policies are.
   */
  inScope(policy: Policy): readonly Policy[] {
    const all = this.policies();
    const scope = this.#scopeOf.get(policy);
    const key = scope === undefined ? '' : scopeKey(scope);
    const known = this.#inScope.get(key);
    if (known?.all === all) {
      return known.found;
    }
    const matches = all.filter((other) => this.#mayShareScope(policy, other));
    const found = known !== undefined && isSameArray(known.found, matches) ? known.found : matches;
    this.#inScope.set(key, { all, found });
    return found;
  }

  #mayShareWorkspaces(a: Policy, b: Policy): boolean {
    return this.#mayShareScope(a, b) && mayShareWorkspaces(a.workspaceSelector, b.workspaceSelector);
  }

  #mayShareScope(a: Policy, b: Policy): boolean {
    const [scopeOfA, scopeOfB] = [this.#scopeOf.get(a), this.#scopeOf.get(b)];
    return scopeOfA === undefined || scopeOfB === undefined || mayOverlap(scopeOfA, scopeOfB);
  }

  /** Updates the effective policy of a key. Returns whether it, its limits, or its scope changed. */
  #update(key: string): boolean {
    const before = this.#effectivePolicies.get(key);
    const effective = this.#effectivePolicyFor(this.#raw.get(key), before);
    if (before === effective || (before !== undefined && effective !== undefined && isSame(before, effective))) {
      return false;
    }
    this.#effectivePolicies.delete(key);
    if (effective !== undefined) {
      this.#effectivePolicies.set(key, effective);
    }
    this.#policies = undefined;
    const hasMoved = !isDeepStrictEqual(before?.scope, effective?.scope);
    if (before !== undefined && before.policy === effective?.policy && !hasMoved) {
      this.#limited.add(before.policy);
      return true;
    }
    if (before !== undefined && protectsLess(before, effective)) {
      const endsAt = new Date(this.#clock.now().getTime() + LINGERING_PROTECTION_MS);
      const until = this.#clock.monotonic() + LINGERING_PROTECTION_MS;
      this.#addProtection(key, { ...before, policy: { ...protectionsOnly(before.policy), endsAt }, until });
    }
    if (before !== undefined && before.policy === effective?.policy) {
      // The same policy overlaps with others in another scope.
      this.#differences = [];
    }
    return true;
  }

  /** Extends a protection to what its policy would protect in the fleet as it is. The fleet may have been narrower when the policy ended. */
  #restrictAgain({ raw, policy: { key, endsAt }, until }: LingeringProtection): void {
    const effective = this.#effectivePolicyFor(raw, undefined);
    const known = this.#lingering.get(key) ?? [];
    if (effective !== undefined && known.every((other) => other.until < until || protectsLess(effective, other))) {
      this.#addProtection(key, { ...effective, policy: { ...protectionsOnly(effective.policy), endsAt }, until });
      this.#policies = undefined;
    }
  }

  #addProtection(key: string, protection: LingeringProtection): void {
    const others = (this.#lingering.get(key) ?? []).filter((other) => protectsLess(other, protection));
    this.#lingering.set(key, [...others, protection]);
  }

  /** Returns the effective policy of a resource. It is the same object as long as the resource and the limits that restrict it are. */
  #effectivePolicyFor(raw: Policy | undefined, before: EffectivePolicy | undefined): EffectivePolicy | undefined {
    const binding = raw && this.#bindingFor(raw);
    if (raw === undefined || binding === undefined) {
      return undefined;
    }
    const isRestrictedAlike =
      before?.raw === raw &&
      isDeepStrictEqual(before.limits.directoryIDs, binding.limits.directoryIDs) &&
      before.limits.exceptions === binding.limits.exceptions;
    return { raw, ...binding, policy: isRestrictedAlike ? before.policy : restrictToFleet(raw, binding.limits) };
  }
}

function isSameArray(a: readonly Policy[], b: readonly Policy[]): boolean {
  return a.length === b.length && a.every((policy, index) => policy === b[index]);
}

function differenceBetween(from: readonly Policy[], to: readonly Policy[]): Omit<Difference, 'limited'> {
  const [before, after] = [new Set(from), new Set(to)];
  return {
    from,
    removed: new Set(from.filter((policy) => !after.has(policy))),
    added: to.filter((policy) => !before.has(policy)),
  };
}

function isSame(a: EffectivePolicy, b: EffectivePolicy): boolean {
  return a.raw === b.raw && isDeepStrictEqual([a.limits, a.scope], [b.limits, b.scope]);
}

/** Whether a policy protected something that its successor may not protect. */
function protectsLess(before: EffectivePolicy, after: EffectivePolicy | undefined): boolean {
  const protection = protectionOf(before.policy);
  const overlaps = after !== undefined && mayOverlap(before.scope, after.scope);
  return protection !== undefined && !(overlaps && isDeepStrictEqual(protection, protectionOf(after.policy)));
}

/** Returns what a policy protects from removal by other policies, or undefined if it protects nothing. */
function protectionOf(policy: Policy) {
  if (policy.enforcement === 'Audit' || policy.suspend) {
    return undefined;
  }
  const { workspaceSelector, exceptions, priority } = policy;
  const allowed = [...policy.required, ...policy.allowed];
  return allowed.length + exceptions.length === 0 ? undefined : { workspaceSelector, allowed, exceptions, priority };
}
