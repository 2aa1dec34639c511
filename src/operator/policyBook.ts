import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { KubeObject } from '../kube/resource.ts';
import { InvalidPolicyError } from '../policy/invalid.ts';
import { mayShareWorkspaces } from '../policy/overlap.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import { protectionIn } from '../policy/protection.ts';
import { type Request, requestIn } from '../policy/request.ts';

/** A policy, or why the object is none, and what a person asks of it. */
export interface Entry {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly parsed: Policy | InvalidPolicyError;
  readonly request: Request;
}

/**
 * How long what a policy allowed goes on being protected after the policy has gone, or says so no more, in milliseconds. A policy that
 * is renamed or applied anew is gone for a moment, and a namespace or the CRD is deleted one policy after the other.
 */
const PROTECTED_FOR = 5 * 60_000;

/** Every policy of the cluster as the watch last saw it, read once for each version of its spec. */
export class PolicyBook {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #voices = new Map<string, Policy>();
  /** What policies said to protect before they changed. */
  readonly #ended = new Map<string, Policy>();
  readonly #concerning = new WeakMap<Policy, { readonly all: readonly Policy[]; readonly those: readonly Policy[] }>();
  #policies: readonly Policy[] | undefined;
  #validUntil = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes in an object. Returns what has changed: its spec, which concerns other policies as well, only what a person asks of it, or
   * nothing that matters. The status doesn't.
   */
  put(key: string, object: KubeObject): 'Spec' | 'Request' | 'Nothing' {
    const { uid, generation, annotations, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined) {
      return this.delete(key) ? 'Spec' : 'Nothing';
    }
    const known = this.#entries.get(key);
    const asked = requestIn(annotations, this.#clock.now());
    const isNew = known?.request.reconcileRequestedAt !== asked.reconcileRequestedAt;
    const askedAt = known === undefined || isNew ? asked.askedAt : known.request.askedAt;
    const request = { ...asked, askedAt };
    if (known !== undefined && known.uid === uid && known.generation === generation) {
      this.#entries.set(key, { ...known, request });
      return isNew || known.request.approvedPlan !== asked.approvedPlan ? 'Request' : 'Nothing';
    }
    const parsed = parse(object);
    this.#entries.set(key, { uid, generation, parsed, request });
    this.#speak(key, parsed instanceof InvalidPolicyError ? protectionIn(object) : parsed);
    return 'Spec';
  }

  /** Returns whether it was known. */
  delete(key: string): boolean {
    this.#speak(key, undefined);
    return this.#entries.delete(key);
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  keys(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Every policy that has a say, by key: of those that aren't valid what they protect, and of those that have ended what they
   * protected a few minutes ago. The same array for as long as none of them changes.
   */
  policies(): readonly Policy[] {
    const now = this.#clock.now().getTime();
    if (this.#policies === undefined || now >= this.#validUntil) {
      for (const [key, { endsAt }] of this.#ended) {
        if (endsAt !== undefined && endsAt.getTime() <= now) {
          this.#ended.delete(key);
        }
      }
      const ends = [...this.#ended.values()].map(({ endsAt }) => endsAt?.getTime() ?? Number.POSITIVE_INFINITY);
      this.#validUntil = Math.min(Number.POSITIVE_INFINITY, ...ends);
      this.#policies = [...this.#voices.values(), ...this.#ended.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    }
    return this.#policies;
  }

  /**
   * The policies that may have a say in what becomes of the WorkSpaces of one, itself included, by key. The same array for as long as
   * none of these changes.
   */
  concerning(policy: Policy): readonly Policy[] {
    const all = this.policies();
    const known = this.#concerning.get(policy);
    if (known?.all === all) {
      return known.those;
    }
    const found = all.filter((other) => mayShareWorkspaces(policy.workspaceSelector, other.workspaceSelector));
    const isSame = known?.those.length === found.length && found.every((one, index) => one === known.those[index]);
    const those = known !== undefined && isSame ? known.those : found;
    this.#concerning.set(policy, { all, those });
    return those;
  }

  /** Which WorkSpaces a policy, or what a policy that isn't valid protects, is about; undefined if it has no say. */
  selectorOf(key: string): WorkspaceSelector | undefined {
    return this.#voices.get(key)?.workspaceSelector;
  }

  /** When the protection of a policy that has ended runs out next; undefined if there is none. */
  get protectedUntil(): Date | undefined {
    this.policies();
    return Number.isFinite(this.#validUntil) ? new Date(this.#validUntil) : undefined;
  }

  #speak(key: string, voice: Policy | undefined): void {
    const before = this.#voices.get(key);
    if (before === undefined && voice === undefined) {
      return;
    }
    this.#voices.delete(key);
    if (voice !== undefined) {
      this.#voices.set(key, voice);
    }
    const protection = protectionOf(before);
    if (before !== undefined && protection !== undefined && !isDeepStrictEqual(protection, protectionOf(voice))) {
      const endsAt = new Date(this.#clock.now().getTime() + PROTECTED_FOR);
      const allowed = [...before.required, ...before.allowed];
      this.#ended.set(key, { ...before, required: [], allowed, denied: [], unlisted: 'Keep', endsAt });
    }
    this.#policies = undefined;
  }
}

/** What a policy keeps others from taking away; undefined if it is nothing. */
function protectionOf(policy: Policy | undefined) {
  if (policy === undefined || policy.enforcement === 'Audit' || policy.suspend) {
    return undefined;
  }
  const { workspaceSelector, exceptions, priority } = policy;
  const allowed = [...policy.required, ...policy.allowed];
  return allowed.length + exceptions.length === 0 ? undefined : { workspaceSelector, allowed, exceptions, priority };
}

function parse(object: KubeObject): Policy | InvalidPolicyError {
  try {
    return parsePolicy(object);
  } catch (error) {
    if (error instanceof InvalidPolicyError) {
      return error;
    }
    throw error;
  }
}
