import type { PolicyDocument } from '../aws/permissions.ts';
import type { AssociationErrorCode, AssociationState } from '../fleet/model.ts';
import type { Fault } from './faults.ts';
import type { LifecycleChange } from './lifecycle.ts';
import type { RateLimit } from './rateLimit.ts';
import type { SimulatedRole } from './sts.ts';

/**
 * A seed file as it is written; seedSchema.json says what holds for each field. Durations are texts like `10s`.
 * deploy/simulator/fleet.yaml is one to read.
 */
export interface SeedDocument {
  readonly region?: string;
  readonly accountID?: string;
  /** That may be assumed; AssumeRole refuses all others. */
  readonly roles?: readonly SimulatedRole[];
  /** The IAM policy of whoever calls; without it everything is allowed. */
  readonly iamPolicy?: PolicyDocument;
  readonly randomSeed?: number;
  readonly rateLimit?: Partial<RateLimit>;
  readonly durations?: {
    readonly pending?: string;
    readonly installing?: string;
    readonly uninstalling?: string;
    readonly removedListed?: string;
  };
  readonly applications: readonly ApplicationDocument[];
  readonly workspaces?: readonly WorkspaceDocument[];
  readonly generate?: readonly GenerateDocument[];
  readonly faults?: readonly Fault[];
}

export interface ApplicationDocument {
  readonly applicationID: string;
  readonly name: string;
  readonly owner?: string;
  readonly state?: 'AVAILABLE' | 'UNINSTALL_ONLY' | 'PENDING' | 'ERROR';
  readonly licenseType?: 'LICENSED' | 'UNLICENSED';
  readonly description?: string;
  readonly supportedComputeTypeNames?: readonly string[];
  readonly supportedOperatingSystemNames?: readonly string[];
}

interface WorkspaceProperties {
  readonly operatingSystemName?: string;
  readonly computeTypeName?: string;
  readonly runningMode?: string;
  readonly state?: string;
  readonly connection?: string;
  readonly lastConnectedAgo?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface WorkspaceDocument extends WorkspaceProperties {
  readonly workspaceID: string;
  readonly userName: string;
  readonly directoryID: string;
  readonly bundleID: string;
  readonly computerName?: string;
  readonly applications?: readonly (string | AssociationDocument)[];
}

/** Many WorkSpaces alike, of which an application can be on every n-th. */
export interface GenerateDocument extends WorkspaceProperties {
  readonly count: number;
  readonly idPrefix: string;
  readonly userPrefix?: string;
  readonly directoryIDs?: readonly string[];
  readonly bundleIDs?: readonly string[];
  readonly applications?: readonly (string | (AssociationDocument & { readonly every?: number }))[];
}

export interface AssociationDocument {
  readonly applicationID: string;
  readonly state?: AssociationState;
  readonly stateReason?: { readonly errorCode: AssociationErrorCode; readonly errorMessage?: string };
  /** What had failed, where the state is ERROR. */
  readonly failed?: LifecycleChange;
}
