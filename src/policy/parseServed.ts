import { InvalidResourceError } from './invalidField.ts';
import { parsePolicy } from './parse.ts';
import { parseFleet } from './parseFleet.ts';
import { parseProtections } from './parseProtections.ts';
import type { Policy } from './policy.ts';
import type { Kind } from './schema.ts';
import { knownPartOf, type ServedSchema } from './unknownFields.ts';
import { type FleetConfig, protectionsOnly } from './workspaceFleet.ts';

/** Maximum number of fields in a message. */
const MAX_LISTED = 10;

/**
 * Error for a resource with fields that only the CRD in the cluster defines. Because the fields could restrict the resource, the operator
 * acts on no part of it.
 */
export class UnknownFieldsError extends InvalidResourceError {
  /** Paths of the fields. */
  readonly fields: readonly string[];
  /** What the known fields of a policy protect. Undefined if it protects nothing. */
  readonly protections: Policy | undefined;

  constructor(fields: readonly string[], protections?: Policy) {
    super([{ field: '', message: unknownFieldsMessage(fields) }]);
    this.fields = fields;
    this.protections = protections;
  }
}

/** Returns the message for unknown fields: which they are, and what to do. */
export function unknownFieldsMessage(fields: readonly string[]): string {
  const more = fields.length > MAX_LISTED ? ` and ${fields.length - MAX_LISTED} more` : '';
  return (
    `the CRD in the cluster has fields that this version of the operator doesn't know: ${fields.slice(0, MAX_LISTED).join(', ')}${more}; ` +
    'the operator changes nothing until you upgrade the operator, install the CRDs of its version, or remove the fields'
  );
}

/**
 * Parses a policy from a cluster, whose CRD can be another version's. Ignores unknown fields with the default value of that CRD.
 *
 * @param served schema of the CRD in the cluster. Undefined if it isn't known
 * @throws UnknownFieldsError if a user set an unknown field
 * @throws InvalidResourceError
 */
export function parseServedPolicy(resource: unknown, served: ServedSchema | undefined): Policy {
  const { known, userSet } = knownPartOf('WorkspaceApplicationPolicy', withoutStatus(resource), served);
  if (userSet.length === 0) {
    return parsePolicy(known);
  }
  // An unknown field can only narrow what the known fields select or list, so they protect at least as much as the whole policy.
  const policy = ifValid(() => parsePolicy(known));
  throw new UnknownFieldsError(userSet, policy === undefined ? parseProtections(known) : protectionsOnly(policy));
}

/**
 * Parses a fleet from a cluster, whose CRD can be another version's. Ignores unknown fields with the default value of that CRD, and
 * returns the others in `unknownFields`: the policies of such a fleet still protect, but the operator doesn't use the fleet.
 *
 * @param served schema of the CRD in the cluster. Undefined if it isn't known
 * @throws UnknownFieldsError if a user set an unknown field, and the known fields aren't valid without it
 * @throws InvalidResourceError
 */
export function parseServedFleet(resource: unknown, served: ServedSchema | undefined): FleetConfig {
  const { known, userSet } = knownPartOf('WorkspaceFleet', withoutStatus(resource), served);
  if (userSet.length === 0) {
    return parseFleet(known);
  }
  const fleet = ifValid(() => parseFleet(known));
  if (fleet === undefined) {
    throw new UnknownFieldsError(userSet);
  }
  return { ...fleet, unknownFields: userSet };
}

/** Returns a resource without unknown fields if all of them have the default value of the CRD in the cluster. */
export function withoutDefaultedFields<T extends { readonly status?: unknown }>(
  kind: Kind,
  resource: T,
  served: ServedSchema | undefined,
): T {
  const { known, userSet } = knownPartOf(kind, withoutStatus(resource), served);
  return userSet.length > 0 ? resource : { ...(known as T), status: resource.status };
}

function withoutStatus(resource: unknown): unknown {
  const { status: _, ...others } = Object(resource) as Record<string, unknown>;
  return others;
}

function ifValid<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return undefined;
    }
    throw error;
  }
}
