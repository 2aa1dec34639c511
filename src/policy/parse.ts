import { parseDuration } from './duration.ts';
import { compileGlob } from './glob.ts';
import { type IntOrPercent, parseIntOrPercent } from './intOrPercent.ts';
import { InvalidResourceError, invalidField } from './invalidField.ts';
import { InvalidWindowError, type MaintenanceWindow, parseWindow } from './maintenanceWindow.ts';
import { requiredName } from './objectMeta.ts';
import type { ApplicationMatcher, Exception, Policy, Retry } from './policy.ts';
import type { WorkspaceApplicationPolicy } from './resource.gen.ts';
import { validateResource } from './schema.ts';
import { toSelector } from './selector.ts';

const MIN_RETRY_DELAY_MS = 5_000;
const MIN_INTERVAL_MS = 5_000;
const MAX_INTERVAL_MS = 24 * 3_600_000;
const MAX_DISCONNECTED_MS = 168 * 3_600_000;

/**
 * Parses a WorkspaceApplicationPolicy from a cluster or a file, and ignores its status. Fails closed: rejects whatever the API server
 * should have rejected (an older CRD may have accepted it), and unknown fields, because a part of a policy is not the policy.
 *
 * @throws InvalidResourceError with all problems
 */
export function parsePolicy(resource: unknown): Policy {
  const { status: _, ...copy } = structuredClone(Object(resource)) as Record<string, unknown>;
  const problems = validateResource('WorkspaceApplicationPolicy', copy);
  if (problems.length > 0) {
    throw new InvalidResourceError(problems);
  }
  const { metadata = {}, spec } = copy as unknown as WorkspaceApplicationPolicy;
  const { applications } = spec;
  const interval = parseDuration(spec.interval ?? '10m') ?? 0;
  if (interval < MIN_INTERVAL_MS || interval > MAX_INTERVAL_MS) {
    invalidField('spec.interval', 'must be a duration from 5s to 24h, for example, 10m or 1h30m');
  }
  const namespace = metadata.namespace ?? 'default';
  const name = requiredName(metadata);
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    fleetRef: spec.fleetRef?.name,
    enforcement: spec.enforcement ?? 'Audit',
    suspend: spec.suspend ?? false,
    priority: spec.priority ?? 0,
    interval,
    workspaceSelector: toSelector(spec.workspaceSelector),
    required: toMatchers(applications.required, 'spec.applications.required'),
    allowed: toMatchers(applications.allowed, 'spec.applications.allowed'),
    denied: toMatchers(applications.denied, 'spec.applications.denied'),
    unlisted: applications.unlisted ?? 'Keep',
    deploy: spec.rollout?.deploy ?? 'Automatic',
    userSessions: spec.rollout?.userSessions ?? 'Wait',
    replacements: spec.rollout?.replacements ?? 'Together',
    disconnectedFor: toDisconnectedFor(spec.rollout?.disconnectedFor ?? '1h'),
    removeBefore: spec.rollout?.removeBefore,
    maintenanceWindows: (spec.rollout?.maintenanceWindows ?? []).map(toWindow),
    exceptions: (spec.exceptions ?? []).map(toException),
    maxInProgress:
      spec.rollout?.maxInProgress === undefined
        ? undefined
        : toIntOrPercent(spec.rollout.maxInProgress, 'spec.rollout.maxInProgress'),
    maxFailures: toIntOrPercent(spec.rollout?.maxFailures ?? '10%', 'spec.rollout.maxFailures'),
    retry: toRetry(spec.retry ?? {}),
    allowUninstallOnly: spec.safeguards?.allowUninstallOnly ?? false,
    unmanagedPendingChanges: spec.safeguards?.unmanagedPendingChanges ?? 'Hold',
    maxAffectedWorkspaces: toIntOrPercent(
      spec.safeguards?.maxAffectedWorkspaces ?? '20%',
      'spec.safeguards.maxAffectedWorkspaces',
    ),
  };
}

function toIntOrPercent(value: number | string, field: string): IntOrPercent {
  return (
    parseIntOrPercent(value) ??
    invalidField(field, 'must be a number from 1, for example, 25, or a percentage from 1% to 100%, for example, "20%"')
  );
}

function toDisconnectedFor(text: string): number {
  const duration = parseDuration(text);
  return duration !== undefined && duration <= MAX_DISCONNECTED_MS
    ? duration
    : invalidField('spec.rollout.disconnectedFor', 'must be a duration from 0s to 168h, for example, 1h');
}

type RetryEntry = NonNullable<WorkspaceApplicationPolicy['spec']['retry']>;

function toRetry({
  limit = 2,
  backoff: { duration = '30s', factor = 2, maxDuration = '30m' } = {},
}: RetryEntry): Retry {
  const retry = { limit, baseMs: parseDuration(duration) ?? 0, factor, maxMs: parseDuration(maxDuration) ?? 0 };
  if (retry.baseMs < MIN_RETRY_DELAY_MS) {
    invalidField('spec.retry.backoff.duration', 'must be a duration of at least 5s, for example, 30s');
  }
  if (retry.maxMs < retry.baseMs) {
    invalidField(
      'spec.retry.backoff.maxDuration',
      'must not be shorter than duration, and defaults to 30m; raise it, or shorten duration',
    );
  }
  return retry;
}

type ExceptionEntry = NonNullable<WorkspaceApplicationPolicy['spec']['exceptions']>[number];

function toException({ workspaceIDs, application, reason, expiresAt }: ExceptionEntry, index: number): Exception {
  return {
    workspaceIDs: new Set(workspaceIDs),
    application: toMatcher(application, `spec.exceptions[${index}].application`),
    reason,
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  };
}

type WindowEntry = NonNullable<
  NonNullable<WorkspaceApplicationPolicy['spec']['rollout']>['maintenanceWindows']
>[number];

function toWindow({ cron, timeZone = 'UTC', duration }: WindowEntry, index: number): MaintenanceWindow {
  try {
    return parseWindow(cron, timeZone, duration);
  } catch (error) {
    if (!(error instanceof InvalidWindowError)) {
      throw error;
    }
    return invalidField(`spec.rollout.maintenanceWindows[${index}].${error.field}`, error.message);
  }
}

type ApplicationEntry = NonNullable<WorkspaceApplicationPolicy['spec']['applications']['denied']>[number];

function toMatchers(entries: readonly ApplicationEntry[] = [], field: string): ApplicationMatcher[] {
  return entries.map((entry, index) => toMatcher(entry, `${field}[${index}]`));
}

function toMatcher({ id, name, owner }: ApplicationEntry, field: string): ApplicationMatcher {
  if (id !== undefined && name === undefined && owner === undefined) {
    return { id };
  }
  if (id === undefined && name !== undefined) {
    return { name, glob: compileGlob(name), owner };
  }
  return invalidField(field, 'must set either id or name');
}
