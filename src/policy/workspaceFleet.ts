import { type LabelSelector, matchesLabels } from './labelSelector.ts';
import type { Policy } from './policy.ts';

/** How many calls AWS is asked at most. */
export interface CallRate {
  /** On average. */
  readonly callsPerSecond: number;
  /** That may come at once. */
  readonly burst: number;
}

/** How far the policies of a fleet may go. */
export interface FleetLimits {
  /** The directories whose WorkSpaces belong to the fleet; undefined: all. */
  readonly directoryIDs: ReadonlySet<string> | undefined;
  readonly exceptions: 'Allow' | 'Forbid';
  /** Whether nothing may be changed. */
  readonly suspend: boolean;
  /** Undefined: any number. */
  readonly maxDisassociationsPerHour: number | undefined;
}

/** Where a fleet is, and as whom the operator comes there. */
export interface FleetAccess {
  /** Undefined: that of the operator's own AWS settings. */
  readonly region: string | undefined;
  /** Undefined: the operator's own identity. */
  readonly roleARN: string | undefined;
  readonly externalID: string | undefined;
  /** Another account than this is refused; undefined: any is taken. */
  readonly expectedAccountID: string | undefined;
}

/** A FleetConfig that was found valid, with its defaults filled in. */
export interface FleetConfig {
  /** Undefined: the operator's own AWS settings, which no resource describes. */
  readonly name: string | undefined;
  readonly uid: string;
  readonly generation: number;
  readonly access: FleetAccess;
  readonly limits: FleetLimits;
  readonly rateLimit: CallRate;
  /** Undefined: all. */
  readonly allowedNamespaces: LabelSelector | undefined;
}

/** The fleet that a policy uses which names none. */
export const DEFAULT_FLEET = 'default';

/** The fleet of the operator's own AWS settings. */
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

/** Whether policies of a namespace with these labels may use a fleet. */
export function admitsNamespace({ allowedNamespaces }: FleetConfig, labels: Readonly<Record<string, string>>): boolean {
  return allowedNamespaces === undefined || matchesLabels(allowedNamespaces, new Map(Object.entries(labels)));
}

/** Whether a policy asks for something that a fleet's terms don't allow it at all. */
export function usesForbiddenExceptions({ exceptions }: Policy, limits: FleetLimits): boolean {
  return exceptions.length > 0 && limits.exceptions === 'Forbid';
}

/**
 * A policy as far as its fleet's terms let it be about WorkSpaces and have a say. One that breaks them still protects what its lists
 * name, and takes nothing away.
 */
export function restrictToFleet(policy: Policy, limits: FleetLimits): Policy {
  const lawful = usesForbiddenExceptions(policy, limits) ? { ...protectionsOnly(policy), exceptions: [] } : policy;
  const { directoryIDs } = limits;
  const { workspaceSelector } = policy;
  const own = workspaceSelector.directoryIDs;
  return directoryIDs === undefined
    ? lawful
    : {
        ...lawful,
        workspaceSelector: {
          ...workspaceSelector,
          all: false,
          directoryIDs: own === undefined ? directoryIDs : own.intersection(directoryIDs),
        },
      };
}

/** What a policy protects from others, without what it asks for. */
export function protectionsOnly(policy: Policy): Policy {
  const allowed = [...policy.required, ...policy.allowed];
  return { ...policy, required: [], allowed, denied: [], unlisted: 'Keep' };
}
