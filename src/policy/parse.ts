import { parseDuration } from './duration.ts';
import { type ApplicationMatcher, type Policy, RECONCILE_REQUESTED_AT } from './policy.ts';
import type { WorkspaceApplicationPolicy } from './resource.gen.ts';
import { type Problem, validateResource } from './schema.ts';
import { parseShare } from './share.ts';

/** A resource that can't be acted on. Its message lists every problem with its field. */
export class InvalidPolicyError extends Error {
  override readonly name = 'InvalidPolicyError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; '));
    this.problems = problems;
  }
}

/**
 * Reads a WorkspaceApplicationPolicy from a cluster or a file. Fails closed: what the API server should have refused, but an older CRD
 * may have let through, is refused here too.
 *
 * @throws InvalidPolicyError with every problem found
 */
export function parsePolicy(resource: unknown): Policy {
  const copy = structuredClone(resource);
  const problems = validateResource(copy);
  if (problems.length > 0) {
    throw new InvalidPolicyError(problems);
  }
  const { metadata = {}, spec } = copy as WorkspaceApplicationPolicy;
  const { workspaceSelector: selector, applications } = spec;
  const refuse = (field: string, message: string): never => {
    throw new InvalidPolicyError([{ field, message }]);
  };
  if (!selector.all && selector.workspaceIds === undefined && selector.directoryIds === undefined) {
    refuse('spec.workspaceSelector', 'select something: set all: true, or at least one of workspaceIds, directoryIds');
  }
  const namespace = metadata.namespace ?? 'default';
  const name = metadata.name ?? refuse('metadata.name', 'required');
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    enforcement: spec.enforcement ?? 'Audit',
    suspend: spec.suspend ?? false,
    interval: parseDuration(spec.interval ?? '10m') ?? refuse('spec.interval', 'must be a duration, as 10m or 1h30m'),
    workspaceSelector: {
      all: selector.all ?? false,
      workspaceIds: selector.workspaceIds && new Set(selector.workspaceIds),
      directoryIds: selector.directoryIds && new Set(selector.directoryIds),
    },
    allowed: (applications.allowed ?? []).map((entry, i) => toMatcher(entry, `spec.applications.allowed[${i}]`)),
    denied: (applications.denied ?? []).map((entry, i) => toMatcher(entry, `spec.applications.denied[${i}]`)),
    unlisted: applications.unlisted ?? 'Keep',
    deploy: spec.rollout?.deploy ?? 'Automatic',
    maxAffectedWorkspaces:
      parseShare(spec.safeguards?.maxAffectedWorkspaces ?? '20%') ??
      refuse(
        'spec.safeguards.maxAffectedWorkspaces',
        'must be a count from 1, as 25, or a share from 1% to 100%, as "20%"',
      ),
    reconcileRequestedAt: metadata.annotations?.[RECONCILE_REQUESTED_AT],
  };
}

type ApplicationEntry = NonNullable<WorkspaceApplicationPolicy['spec']['applications']['denied']>[number];

function toMatcher({ id, name, owner }: ApplicationEntry, field: string): ApplicationMatcher {
  if (id !== undefined && name === undefined && owner === undefined) {
    return { id };
  }
  if (id === undefined && name !== undefined) {
    return { name, owner };
  }
  throw new InvalidPolicyError([{ field, message: 'name an application by id or by name, and by one of them only' }]);
}
