import type { WorkspaceFleet as Resource } from './fleetResource.gen.ts';
import { InvalidResourceError, invalidField } from './invalidField.ts';
import { type LabelSelector, toLabelSelector } from './labelSelector.ts';
import { validateResource } from './schema.ts';
import type { FleetConfig } from './workspaceFleet.ts';

/**
 * Reads a FleetConfig from a cluster or a file; its status doesn't matter. Fails closed, as `parsePolicy` does: what would widen who
 * may use it, or whose account it is, is refused here too.
 *
 * @throws InvalidResourceError with every problem found
 */
export function parseFleet(resource: unknown): FleetConfig {
  const { status: _, ...copy } = structuredClone(Object(resource)) as Record<string, unknown>;
  const problems = validateResource('WorkspaceFleet', copy);
  if (problems.length > 0) {
    throw new InvalidResourceError(problems);
  }
  const { metadata = {}, spec } = copy as unknown as Resource;
  const { region, roleARN, externalID, expectedAccountID } = spec;
  if (externalID !== undefined && roleARN === undefined) {
    invalidField('spec.externalID', 'goes with roleARN; set that, or remove externalID');
  }
  if (roleARN !== undefined && expectedAccountID !== undefined && accountOf(roleARN) !== expectedAccountID) {
    invalidField('spec.expectedAccountID', 'is another account than that of roleARN');
  }
  return {
    name: metadata.name ?? invalidField('metadata.name', 'required'),
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    access: { region, roleARN, externalID, expectedAccountID },
    limits: {
      directoryIDs: spec.directoryIDs && new Set(spec.directoryIDs),
      exceptions: spec.exceptions ?? 'Allow',
      suspend: spec.suspend ?? false,
      maxDisassociationsPerHour: spec.maxDisassociationsPerHour,
    },
    rateLimit: { callsPerSecond: (spec.rateLimit?.requestsPerMinute ?? 120) / 60, burst: spec.rateLimit?.burst ?? 5 },
    allowedNamespaces: spec.allowedNamespaces && toAllowedNamespaces(spec.allowedNamespaces),
  };
}

/** The 12 digits in the ARN of a role. */
export function accountOf(roleARN: string): string {
  return roleARN.split(':')[4] ?? '';
}

const FIELD = 'spec.allowedNamespaces.selector';

function toAllowedNamespaces({
  from,
  selector,
}: NonNullable<Resource['spec']['allowedNamespaces']>): LabelSelector | undefined {
  if (from === 'All') {
    return selector === undefined
      ? undefined
      : invalidField(FIELD, 'goes with from: Selector; set that, or remove the selector');
  }
  if (selector === undefined) {
    return invalidField(FIELD, 'from: Selector needs a selector');
  }
  const { matchLabels, matchExpressions } = selector;
  if (matchLabels === undefined && matchExpressions === undefined) {
    invalidField(FIELD, 'name at least one label, in matchLabels or matchExpressions');
  }
  return toLabelSelector(matchLabels, matchExpressions, FIELD);
}
