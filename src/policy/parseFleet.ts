import { parseDuration } from './duration.ts';
import type { WorkspaceFleet as Resource } from './fleetResource.gen.ts';
import { InvalidResourceError, invalidField } from './invalidField.ts';
import { parseNamespaces } from './namespaces.ts';
import { requiredName } from './objectMeta.ts';
import { partitionOfRegion } from './partition.ts';
import { validateResource } from './schema.ts';
import type { FleetAccess, FleetConfig, FleetEventSource } from './workspaceFleet.ts';

/**
 * Parses a WorkspaceFleet from a cluster or a file, and ignores its status. Fails closed like `parsePolicy`: also rejects what would
 * allow more namespaces or another account.
 *
 * @throws InvalidResourceError with all problems
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
    invalidField('spec.externalID', 'requires roleARN; set it, or remove externalID');
  }
  if (roleARN !== undefined && expectedAccountID !== undefined && accountOf(roleARN) !== expectedAccountID) {
    invalidField('spec.expectedAccountID', 'must be the account ID in roleARN');
  }
  if (roleARN !== undefined && roleARN.split(':')[1] !== partitionOfRegion(region)) {
    invalidField(
      'spec.roleARN',
      `must belong to the AWS partition of region, so it must start with arn:${partitionOfRegion(region)}:`,
    );
  }
  const events = spec.events && toEventSource(spec.events, region);
  return {
    name: requiredName(metadata),
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
    events,
    allowedNamespaces: parseNamespaces(spec.allowedNamespaces, 'spec.allowedNamespaces'),
  };
}

/** Range of `events.resyncInterval`, in milliseconds. */
const RESYNC_INTERVAL_MS = { least: 60 * 60_000, most: 24 * 60 * 60_000 };

/** Start of a URL whose host name contains a region. The legacy host name of us-east-1 contains none. */
const WITH_REGION = /^https:\/\/([^/]*[.])?[a-z]{2,4}(-[a-z]+)+-[0-9]+[.]/;

function toEventSource(
  { queueURL, resyncInterval = '6h' }: NonNullable<Resource['spec']['events']>,
  region: string,
): FleetEventSource {
  if (isInOtherRegion(queueURL, region)) {
    invalidField('spec.events.queueURL', `must be a queue in the region of the fleet, ${region}`);
  }
  const ms = parseDuration(resyncInterval) ?? 0;
  return ms >= RESYNC_INTERVAL_MS.least && ms <= RESYNC_INTERVAL_MS.most
    ? { queueURL, queue: `${region}${new URL(queueURL).pathname}`, resyncInterval: ms }
    : invalidField('spec.events.resyncInterval', 'must be a duration from 1h to 24h, for example, 12h');
}

/** Whether the URL of a queue names another region. */
export function isInOtherRegion(queueURL: string, region: string): boolean {
  const isInRegion = queueURL.startsWith(`https://${region}.`) || queueURL.includes(`.${region}.`);
  return WITH_REGION.test(queueURL) && !isInRegion;
}

/** Returns the account ID (12 digits) in the ARN of a role. */
function accountOf(roleARN: string): string {
  return roleARN.split(':')[4] ?? '';
}

/** Returns the account that a fleet's resource names, or undefined if it names none. */
export function declaredAccountID({ roleARN, expectedAccountID }: FleetAccess): string | undefined {
  return roleARN === undefined ? expectedAccountID : accountOf(roleARN);
}
