import type { Lease } from '../../kube/lease.ts';
import { sanitize } from '../../sanitize.ts';
import { MANAGED_BY_LABELS } from './leaseNames.ts';

/** Namespace whose policies a claim covers. Undefined for all namespaces. */
export type ClaimKey = string | undefined;

/** Claim of an operator on the policies that it manages. */
export interface Claim {
  readonly watchedNamespace: ClaimKey;
  /** Namespace of the leases that distribute the fleets. Its replicas share the claim. */
  readonly installation: string;
  /** Replica that renewed the claim last. */
  readonly identity: string;
  /** Time of the renewal by the clock of that replica, so other processes must not compare it with theirs. */
  readonly renewTime: string;
  /** Time without renewal after which the claim expires. */
  readonly durationMs: number;
}

/** Prefix of the annotations with claims. The rest is the watched namespace. */
const PREFIX = 'operator.wsap.dev/';
/** Suffix for all namespaces. No namespace has an uppercase letter. */
const ALL = 'All';
/** Bounds of the duration of a claim, in case a user edits it. */
const MIN_DURATION_MS = 1_000;
const MAX_DURATION_MS = 24 * 3_600_000;

/** Whether two operators would manage the same policies. */
export function overlaps(a: ClaimKey, b: ClaimKey): boolean {
  return a === b || a === undefined || b === undefined;
}

/** Returns the claims in a Lease. One that isn't readable counts, because its operator may be newer. */
export function claimsIn(lease: Lease | undefined): Claim[] {
  return Object.entries(lease?.metadata.annotations ?? {}).flatMap(([name, text]) => {
    if (!name.startsWith(PREFIX)) {
      return [];
    }
    const suffix = name.slice(PREFIX.length);
    return [{ watchedNamespace: suffix === ALL ? undefined : suffix, ...parseClaim(text) }];
  });
}

/** Returns a Lease with these claims and no others. `lease`: the version that was read, or undefined to create it. */
export function withClaims(
  lease: Lease | undefined,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  claims: readonly Claim[],
): Lease {
  const metadata: Lease['metadata'] = lease?.metadata ?? { name, namespace, labels: MANAGED_BY_LABELS };
  const unrelated = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith(PREFIX));
  const sorted = [...claims].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const annotations = Object.fromEntries([...unrelated, ...sorted.map((claim) => [nameOf(claim), formatClaim(claim)])]);
  // For the column of `kubectl get lease`. The annotations decide.
  const holderIdentity = [...new Set(sorted.map(({ installation }) => installation))].join(',');
  return { metadata: { ...metadata, annotations }, spec: holderIdentity === '' ? {} : { holderIdentity } };
}

/** Returns who acts, for logs and probes. */
export function describeClaim({ installation, identity, watchedNamespace }: Claim): string {
  const policies = watchedNamespace === undefined ? 'all namespaces' : `the namespace ${watchedNamespace}`;
  return sanitize(`the operator in namespace ${installation} (${identity}) manages the policies of ${policies}`, 1024);
}

function nameOf({ watchedNamespace = ALL }: Claim): string {
  return `${PREFIX}${watchedNamespace}`;
}

function formatClaim({ installation, identity, renewTime, durationMs }: Claim): string {
  return JSON.stringify({ installation, identity, renewTime, leaseDurationSeconds: durationMs / 1_000 });
}

function parseClaim(text: string): Omit<Claim, 'watchedNamespace'> {
  let claim: Record<string, unknown> = {};
  try {
    claim = Object(JSON.parse(text));
  } catch {
    // The text identifies the version.
  }
  const { installation, identity, renewTime, leaseDurationSeconds } = claim;
  const durationMs = Number(leaseDurationSeconds ?? 60) * 1_000;
  return {
    installation: typeof installation === 'string' ? installation : 'unknown',
    identity: typeof identity === 'string' ? identity : 'unknown',
    renewTime: typeof renewTime === 'string' ? renewTime : text,
    durationMs: Math.min(MAX_DURATION_MS, Math.max(MIN_DURATION_MS, durationMs || 0)),
  };
}
