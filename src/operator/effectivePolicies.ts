import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { compareBy } from '../compare.ts';
import { mayShareWorkspaces } from '../policy/overlap.ts';
import type { Policy } from '../policy/policy.ts';
import { type FleetLimits, protectionsOnly, restrictToFleet } from '../policy/workspaceFleet.ts';
import { type AwsScope, mayOverlap } from './awsScopes.ts';

/** Under which terms a policy is about which fleet. */
export interface FleetBinding {
  readonly limits: FleetLimits;
  readonly scope: AwsScope;
}

/** A policy with a say. */
interface EffectivePolicy extends FleetBinding {
  /** As its resource has it. */
  readonly raw: Policy;
  /** As its fleet lets it. */
  readonly policy: Policy;
}

/** What a policy that has ended goes on protecting. */
interface Ended extends EffectivePolicy {
  /** On the clock's monotonic time: nobody sets that. */
  readonly until: number;
}

/**
 * How long what a policy allowed goes on being protected after the policy has gone, or says so no more, in milliseconds. A policy that
 * is renamed or applied anew is gone for a moment, and a namespace or the CRD is deleted one policy after the other.
 */
const PROTECTED_FOR = 5 * 60_000;

/** Who has a say in what becomes of WorkSpaces: the policies that fleets admit, and what those said to protect that have just ended. */
export class EffectivePolicies {
  readonly #clock: Clock;
  readonly #bindingFor: (policy: Policy) => FleetBinding | undefined;
  /** What each resource says, by key, whether a fleet admits it or not. */
  readonly #raw = new Map<string, Policy>();
  readonly #effectivePolicies = new Map<string, EffectivePolicy>();
  /** What policies said to protect before they changed, by key, the latest last. */
  readonly #ended = new Map<string, readonly Ended[]>();
  readonly #scopeOf = new WeakMap<Policy, AwsScope>();
  readonly #overlapping = new WeakMap<
    Policy,
    { readonly all: readonly Policy[]; readonly overlapping: readonly Policy[] }
  >();
  #policies: readonly Policy[] | undefined;
  #validUntil = Number.POSITIVE_INFINITY;

  /** `bindingFor`: under which terms a policy is about which fleet; undefined if no fleet admits it. */
  constructor(clock: Clock, bindingFor: (policy: Policy) => FleetBinding | undefined) {
    this.#clock = clock;
    this.#bindingFor = bindingFor;
  }

  /** Takes in what a resource says now; undefined if nothing. */
  set(key: string, raw: Policy | undefined): void {
    if (raw === undefined) {
      this.#raw.delete(key);
    } else {
      this.#raw.set(key, raw);
    }
    this.#update(key);
  }

  /** Looks again under which terms policies are about which fleets. Returns the keys of those for which that has changed. */
  reassign(): string[] {
    return [...this.#raw.keys()].filter((key) => this.#update(key));
  }

  /** What a resource says, as far as its fleet lets it; undefined if it has no say. */
  get(key: string): Policy | undefined {
    return this.#effectivePolicies.get(key)?.policy;
  }

  /** All, by key. The same array for as long as none of them changes. */
  policies(): readonly Policy[] {
    const now = this.#clock.monotonic();
    if (this.#policies === undefined || now >= this.#validUntil) {
      for (const [key, effectivePolicies] of this.#ended) {
        const left = effectivePolicies.filter(({ until }) => until > now);
        if (left.length === 0) {
          this.#ended.delete(key);
        } else {
          this.#ended.set(key, left);
        }
      }
      const ended = [...this.#ended.values()].flat();
      this.#validUntil = ended.reduce((first, { until }) => Math.min(first, until), Infinity);
      const effectivePolicies = [...this.#effectivePolicies.values(), ...ended];
      for (const { policy, scope } of effectivePolicies) {
        this.#scopeOf.set(policy, scope);
      }
      this.#policies = effectivePolicies.map(({ policy }) => policy).sort(compareBy(({ key }) => key));
    }
    return this.#policies;
  }

  /** Those that may have a say in what becomes of the WorkSpaces of one, itself included. The same array as before if they are the same. */
  overlapping(policy: Policy): readonly Policy[] {
    const all = this.policies();
    const known = this.#overlapping.get(policy);
    if (known?.all === all) {
      return known.overlapping;
    }
    const found = all.filter((other) => this.#mayShareWorkspaces(policy, other));
    const isSame =
      known?.overlapping.length === found.length && found.every((one, index) => one === known.overlapping[index]);
    const overlapping = known !== undefined && isSame ? known.overlapping : found;
    this.#overlapping.set(policy, { all, overlapping });
    return overlapping;
  }

  #mayShareWorkspaces(a: Policy, b: Policy): boolean {
    const [scopeOfA, scopeOfB] = [this.#scopeOf.get(a), this.#scopeOf.get(b)];
    const scopesOverlap = scopeOfA === undefined || scopeOfB === undefined || mayOverlap(scopeOfA, scopeOfB);
    return scopesOverlap && mayShareWorkspaces(a.workspaceSelector, b.workspaceSelector);
  }

  /** Gives a policy the say that it has now. Returns whether that is another than before. */
  #update(key: string): boolean {
    const before = this.#effectivePolicies.get(key);
    const effective = this.#effectivePolicyFor(this.#raw.get(key));
    if (before === effective || (before !== undefined && effective !== undefined && isSame(before, effective))) {
      return false;
    }
    this.#effectivePolicies.delete(key);
    if (effective !== undefined) {
      this.#effectivePolicies.set(key, effective);
    }
    if (before !== undefined && protectsLess(before, effective)) {
      const endsAt = new Date(this.#clock.now().getTime() + PROTECTED_FOR);
      const until = this.#clock.monotonic() + PROTECTED_FOR;
      const ended = { ...before, policy: { ...protectionsOnly(before.policy), endsAt }, until };
      const others = (this.#ended.get(key) ?? []).filter((one) => protectsLess(one, ended));
      this.#ended.set(key, [...others, ended]);
    }
    this.#policies = undefined;
    return true;
  }

  #effectivePolicyFor(raw: Policy | undefined): EffectivePolicy | undefined {
    const binding = raw && this.#bindingFor(raw);
    return raw && binding && { raw, ...binding, policy: restrictToFleet(raw, binding.limits) };
  }
}

function isSame(a: EffectivePolicy, b: EffectivePolicy): boolean {
  return a.raw === b.raw && isDeepStrictEqual([a.limits, a.scope], [b.limits, b.scope]);
}

/** Whether something was protected that may not be any more. */
function protectsLess(before: EffectivePolicy, after: EffectivePolicy | undefined): boolean {
  const protection = protectionOf(before.policy);
  const overlaps = after !== undefined && mayOverlap(before.scope, after.scope);
  return protection !== undefined && !(overlaps && isDeepStrictEqual(protection, protectionOf(after.policy)));
}

/** What a policy keeps others from taking away; undefined if it is nothing. */
function protectionOf(policy: Policy) {
  if (policy.enforcement === 'Audit' || policy.suspend) {
    return undefined;
  }
  const { workspaceSelector, exceptions, priority } = policy;
  const allowed = [...policy.required, ...policy.allowed];
  return allowed.length + exceptions.length === 0 ? undefined : { workspaceSelector, allowed, exceptions, priority };
}
