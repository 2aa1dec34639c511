import type { LabelSelector } from './labelSelector.ts';
import { matchesNamespace } from './namespaces.ts';
import type { Policy } from './policy.ts';

/** Maximum rate of AWS calls. */
export interface CallRate {
  /** Average rate. */
  readonly callsPerSecond: number;
  /** Maximum number of calls without a delay after a pause. */
  readonly burst: number;
}

/** The limits that a fleet sets for its policies. */
export interface FleetLimits {
  /** Directories whose WorkSpaces belong to the fleet. Undefined for all directories. */
  readonly directoryIDs: ReadonlySet<string> | undefined;
  readonly exceptions: 'Allow' | 'Forbid';
  /** Whether the operator makes no changes. */
  readonly suspend: boolean;
  /** Maximum number of disassociations in one hour. Undefined for no limit. */
  readonly maxDisassociationsPerHour: number | undefined;
}

/** The AWS region of a fleet and the identity with which the operator accesses it. */
export interface FleetAccess {
  /** AWS region. Undefined for the region of the operator's own AWS settings. */
  readonly region: string | undefined;
  /** Role to assume. Undefined for the operator's own identity. */
  readonly roleARN: string | undefined;
  readonly externalID: string | undefined;
  /** The only account that the operator accepts. Undefined to accept any account. */
  readonly expectedAccountID: string | undefined;
}

/** Events of AWS that announce changes in a fleet. */
export interface FleetEventSource {
  /** URL of the SQS queue with the events. */
  readonly queueURL: string;
  /** Region, account, and name of the queue. URLs with different host names can identify the same queue. */
  readonly queue: string;
  /** Interval of listings while events arrive, in milliseconds. */
  readonly resyncInterval: number;
}

/** A valid WorkspaceFleet with defaults. */
export interface FleetConfig {
  /** Name of the WorkspaceFleet. Undefined for the operator's own AWS settings, which have no resource. */
  readonly name: string | undefined;
  readonly uid: string;
  readonly generation: number;
  readonly access: FleetAccess;
  readonly limits: FleetLimits;
  readonly rateLimit: CallRate;
  /** Undefined if no events announce changes. */
  readonly events?: FleetEventSource | undefined;
  /** Selector for the namespaces whose policies may use the fleet. Undefined for all namespaces. */
  readonly allowedNamespaces: LabelSelector | undefined;
  /** Fields that a user set and that this version doesn't know. Undefined if there are none. If set, the operator doesn't use the fleet. */
  readonly unknownFields?: readonly string[] | undefined;
}

/** Name of the fleet for policies without a `fleetRef`. */
export const DEFAULT_FLEET = 'default';

/** Returns the fleet of the operator's own AWS settings. */
export function ambientFleet(rateLimit: CallRate): FleetConfig {
  return {
    name: undefined,
    uid: '',
    generation: 0,
    access: { region: undefined, roleARN: undefined, externalID: undefined, expectedAccountID: undefined },
    limits: { directoryIDs: undefined, exceptions: 'Allow', suspend: false, maxDisassociationsPerHour: undefined },
    rateLimit,
    allowedNamespaces: undefined,
  };
}

/** Whether a fleet allows policies from a namespace with these labels. */
export function admitsNamespace({ allowedNamespaces }: FleetConfig, labels: Readonly<Record<string, string>>): boolean {
  return matchesNamespace(allowedNamespaces, labels);
}

/** Whether a policy defines exceptions although its fleet forbids them. */
export function usesForbiddenExceptions({ exceptions }: Policy, limits: FleetLimits): boolean {
  return exceptions.length > 0 && limits.exceptions === 'Forbid';
}

/**
 * Returns the effective policy within the limits of its fleet. A policy with forbidden exceptions still protects the applications in its
 * lists, but removes nothing.
 */
export function restrictToFleet(policy: Policy, limits: FleetLimits): Policy {
  const permitted = usesForbiddenExceptions(policy, limits) ? { ...protectionsOnly(policy), exceptions: [] } : policy;
  const { directoryIDs } = limits;
  const { workspaceSelector } = policy;
  const own = workspaceSelector.directoryIDs;
  return directoryIDs === undefined
    ? permitted
    : {
        ...permitted,
        workspaceSelector: {
          ...workspaceSelector,
          all: false,
          boundary: directoryIDs,
          directoryIDs: own === undefined ? directoryIDs : own.intersection(directoryIDs),
        },
      };
}

/** Returns a policy that keeps the protections of the given policy, but requires and removes nothing. */
export function protectionsOnly(policy: Policy): Policy {
  const allowed = [...policy.required, ...policy.allowed];
  return { ...policy, required: [], allowed, denied: [], unlisted: 'Keep' };
}
