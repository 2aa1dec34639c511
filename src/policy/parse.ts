import { parseDuration } from './duration.ts';
import { type IntOrPercent, parseIntOrPercent } from './intOrPercent.ts';
import { InvalidResourceError, invalidField } from './invalidField.ts';
import { InvalidWindowError, type MaintenanceWindow, parseWindow } from './maintenanceWindow.ts';
import type { ApplicationMatcher, Exception, Policy, Retry } from './policy.ts';
import type { WorkspaceApplicationPolicy } from './resource.gen.ts';
import { validateResource } from './schema.ts';
import { toSelector } from './selector.ts';

/** Milliseconds. */
const SHORTEST_RETRY = 5_000;
/** From 5 s to 24 h, in milliseconds. */
const INTERVAL = { shortest: 5_000, longest: 24 * 3_600_000 };

/**
 * Reads a WorkspaceApplicationPolicy from a cluster or a file; its status doesn't matter. Fails closed: what the API server should
 * have refused, but an older CRD may have let through, is refused here too, and so is a field that this version doesn't know, as a
 * part of what somebody asked for is not what they asked for.
 *
 * @throws InvalidResourceError with every problem found
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
  if (interval < INTERVAL.shortest || interval > INTERVAL.longest) {
    invalidField('spec.interval', 'must be a duration from 5s to 24h, as 10m or 1h30m');
  }
  const namespace = metadata.namespace ?? 'default';
  const name = metadata.name ?? invalidField('metadata.name', 'required');
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
    maintenanceWindows: (spec.rollout?.maintenanceWindows ?? []).map(toWindow),
    exceptions: (spec.exceptions ?? []).map(toException),
    maxInProgress:
      spec.rollout?.maxInProgress === undefined
        ? undefined
        : toShare(spec.rollout.maxInProgress, 'spec.rollout.maxInProgress'),
    retry: toRetry(spec.retry ?? {}),
    allowUninstallOnly: spec.safeguards?.allowUninstallOnly ?? false,
    unmanagedPendingChanges: spec.safeguards?.unmanagedPendingChanges ?? 'Hold',
    maxAffectedWorkspaces: toShare(
      spec.safeguards?.maxAffectedWorkspaces ?? '20%',
      'spec.safeguards.maxAffectedWorkspaces',
    ),
  };
}

function toShare(value: number | string, field: string): IntOrPercent {
  return (
    parseIntOrPercent(value) ??
    invalidField(field, 'must be a count from 1, as 25, or a share from 1% to 100%, as "20%"')
  );
}

type RetryEntry = NonNullable<WorkspaceApplicationPolicy['spec']['retry']>;

function toRetry({
  limit = 5,
  backoff: { duration = '30s', factor = 2, maxDuration = '30m' } = {},
}: RetryEntry): Retry {
  const retry = { limit, first: parseDuration(duration) ?? 0, factor, longest: parseDuration(maxDuration) ?? 0 };
  if (retry.first < SHORTEST_RETRY) {
    invalidField('spec.retry.backoff.duration', 'must be a duration from 5s, as 30s');
  }
  if (retry.longest < retry.first) {
    invalidField(
      'spec.retry.backoff.maxDuration',
      'must be a duration, as 30m, and no shorter than spec.retry.backoff.duration',
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
    return { name, owner };
  }
  return invalidField(field, 'name an application by id or by name, and by one of them only');
}
