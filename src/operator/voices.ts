import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { mayShareWorkspaces } from '../policy/overlap.ts';
import type { Policy } from '../policy/policy.ts';
import { type FleetTerms, underTerms, withoutDemands } from '../policy/workspaceFleet.ts';
import { mayBeSamePlace, type Place } from './places.ts';

/** Under which terms a policy is about which fleet. */
export interface Standing {
  readonly terms: FleetTerms;
  readonly place: Place;
}

/** A policy with a say. */
interface Voice extends Standing {
  /** As its resource has it. */
  readonly raw: Policy;
  /** As its fleet lets it. */
  readonly policy: Policy;
}

/** What a policy that has ended goes on protecting. */
interface Ended extends Voice {
  /** On the clock's monotonic time: nobody sets that. */
  readonly until: number;
}

/**
 * How long what a policy allowed goes on being protected after the policy has gone, or says so no more, in milliseconds. A policy that
 * is renamed or applied anew is gone for a moment, and a namespace or the CRD is deleted one policy after the other.
 */
const PROTECTED_FOR = 5 * 60_000;

/** Who has a say in what becomes of WorkSpaces: the policies that fleets admit, and what those said to protect that have just ended. */
export class Voices {
  readonly #clock: Clock;
  readonly #standingOf: (policy: Policy) => Standing | undefined;
  /** What each resource says, by key, whether a fleet admits it or not. */
  readonly #raw = new Map<string, Policy>();
  readonly #voices = new Map<string, Voice>();
  /** What policies said to protect before they changed, by key, the latest last. */
  readonly #ended = new Map<string, readonly Ended[]>();
  readonly #placeOf = new WeakMap<Policy, Place>();
  readonly #concerning = new WeakMap<Policy, { readonly all: readonly Policy[]; readonly those: readonly Policy[] }>();
  #policies: readonly Policy[] | undefined;
  #validUntil = Number.POSITIVE_INFINITY;

  /** `standingOf`: under which terms a policy is about which fleet; undefined if no fleet admits it. */
  constructor(clock: Clock, standingOf: (policy: Policy) => Standing | undefined) {
    this.#clock = clock;
    this.#standingOf = standingOf;
  }

  /** Takes in what a resource says now; undefined if nothing. */
  set(key: string, raw: Policy | undefined): void {
    if (raw === undefined) {
      this.#raw.delete(key);
    } else {
      this.#raw.set(key, raw);
    }
    this.#speak(key);
  }

  /** Looks again under which terms policies are about which fleets. Returns the keys of those for which that has changed. */
  reassign(): string[] {
    return [...this.#raw.keys()].filter((key) => this.#speak(key));
  }

  /** What a resource says, as far as its fleet lets it; undefined if it has no say. */
  get(key: string): Policy | undefined {
    return this.#voices.get(key)?.policy;
  }

  /** All, by key. The same array for as long as none of them changes. */
  policies(): readonly Policy[] {
    const now = this.#clock.monotonic();
    if (this.#policies === undefined || now >= this.#validUntil) {
      for (const [key, voices] of this.#ended) {
        const left = voices.filter(({ until }) => until > now);
        if (left.length === 0) {
          this.#ended.delete(key);
        } else {
          this.#ended.set(key, left);
        }
      }
      const ended = [...this.#ended.values()].flat();
      this.#validUntil = ended.reduce((first, { until }) => Math.min(first, until), Infinity);
      const voices = [...this.#voices.values(), ...ended];
      for (const { policy, place } of voices) {
        this.#placeOf.set(policy, place);
      }
      this.#policies = voices.map(({ policy }) => policy).sort((a, b) => (a.key < b.key ? -1 : 1));
    }
    return this.#policies;
  }

  /** Those that may have a say in what becomes of the WorkSpaces of one, itself included. The same array as before if they are the same. */
  concerning(policy: Policy): readonly Policy[] {
    const all = this.policies();
    const known = this.#concerning.get(policy);
    if (known?.all === all) {
      return known.those;
    }
    const found = all.filter((other) => this.#mayMeet(policy, other));
    const isSame = known?.those.length === found.length && found.every((one, index) => one === known.those[index]);
    const those = known !== undefined && isSame ? known.those : found;
    this.#concerning.set(policy, { all, those });
    return those;
  }

  #mayMeet(a: Policy, b: Policy): boolean {
    const [placeOfA, placeOfB] = [this.#placeOf.get(a), this.#placeOf.get(b)];
    const mayBeNear = placeOfA === undefined || placeOfB === undefined || mayBeSamePlace(placeOfA, placeOfB);
    return mayBeNear && mayShareWorkspaces(a.workspaceSelector, b.workspaceSelector);
  }

  /** Gives a policy the say that it has now. Returns whether that is another than before. */
  #speak(key: string): boolean {
    const before = this.#voices.get(key);
    const voice = this.#voiceFor(this.#raw.get(key));
    if (before === voice || (before !== undefined && voice !== undefined && isSame(before, voice))) {
      return false;
    }
    this.#voices.delete(key);
    if (voice !== undefined) {
      this.#voices.set(key, voice);
    }
    if (before !== undefined && protectsLess(before, voice)) {
      const endsAt = new Date(this.#clock.now().getTime() + PROTECTED_FOR);
      const until = this.#clock.monotonic() + PROTECTED_FOR;
      const ended = { ...before, policy: { ...withoutDemands(before.policy), endsAt }, until };
      const others = (this.#ended.get(key) ?? []).filter((one) => protectsLess(one, ended));
      this.#ended.set(key, [...others, ended]);
    }
    this.#policies = undefined;
    return true;
  }

  #voiceFor(raw: Policy | undefined): Voice | undefined {
    const standing = raw && this.#standingOf(raw);
    return raw && standing && { raw, ...standing, policy: underTerms(raw, standing.terms) };
  }
}

function isSame(a: Voice, b: Voice): boolean {
  return a.raw === b.raw && isDeepStrictEqual([a.terms, a.place], [b.terms, b.place]);
}

/** Whether something was protected that may not be any more. */
function protectsLess(before: Voice, after: Voice | undefined): boolean {
  const protection = protectionOf(before.policy);
  const isNear = after !== undefined && mayBeSamePlace(before.place, after.place);
  return protection !== undefined && !(isNear && isDeepStrictEqual(protection, protectionOf(after.policy)));
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
