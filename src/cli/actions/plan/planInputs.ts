import type { ApiClient } from '../../../kube/apiClient.ts';
import { ApiError } from '../../../kube/apiError.ts';
import { type KubeObject, objectKey } from '../../../kube/resource.ts';
import { FLEETS, type FleetObject, NAMESPACES, POLICIES, type PolicyObject } from '../../../kube/resources.ts';
import { listAll } from '../../../kube/watch.ts';
import { readServedSchemas } from '../../../operator/servedSchemas.ts';
import { withoutDefaultedFields } from '../../../policy/parseServed.ts';
import { type Kind, withoutDefaultedNulls } from '../../../policy/schema.ts';
import { knownPartOf } from '../../../policy/unknownFields.ts';
import { sanitize } from '../../../sanitize.ts';
import type { SourceFlags } from '../../commands/flags.ts';
import { CliError } from '../../exit.ts';
import { connectToCluster } from '../connectToCluster.ts';
import { lint } from '../lint/check.ts';
import { LINT_FORMATS } from '../lint/formats.ts';
import { type ManifestSources, readSources } from '../manifests.ts';

/** The resources that a plan is based on. */
export interface PlanResources {
  readonly policies: readonly PolicyObject[];
  readonly fleets: readonly FleetObject[];
  /** Namespaces with their labels. Undefined if they are unknown, because the resources come from files. */
  readonly namespaces: readonly KubeObject[] | undefined;
}

/** The resources that were read, and the policies that can be selected. */
export interface PlanInputs {
  readonly current: PlanResources;
  /** The same with the policies of `--diff-against`. Undefined without this flag. */
  readonly earlier: PlanResources | undefined;
  /** Namespace of the policies that can be selected. Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** Keys of the policies that can be selected. Undefined: all policies. */
  readonly selectable: ReadonlySet<string> | undefined;
}

/**
 * Reads policies and fleets from files, from the cluster, or from both as if the files were applied to the cluster.
 *
 * @throws CliError if the flags contradict each other, or if a manifest can't be read or isn't valid
 */
export async function loadPlanInputs(
  flags: SourceFlags,
  earlierPaths: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<PlanInputs> {
  const { filename, mergeCluster, namespace } = flags;
  if (filename === undefined) {
    if (mergeCluster) {
      throw new CliError('--merge-cluster requires files; set -f, or omit --merge-cluster to read only the cluster');
    }
    const cluster = connectToCluster(flags);
    const current = await fromCluster(cluster.client, flags, signal);
    return { current, earlier: undefined, namespace: cluster.namespace, selectable: undefined };
  }
  const files = await fromFiles(filename, flags);
  const earlierFiles = earlierPaths === undefined ? undefined : await fromFiles(earlierPaths, flags);
  if (!mergeCluster) {
    return { current: files, earlier: earlierFiles, namespace, selectable: undefined };
  }
  const cluster = await fromCluster(connectToCluster(flags).client, flags, signal);
  const selectable = new Set([files, earlierFiles].flatMap((resources) => resources?.policies ?? []).map(keyOf));
  return {
    current: merge(files, cluster, selectable),
    earlier: earlierFiles === undefined ? undefined : merge(earlierFiles, cluster, selectable),
    namespace,
    selectable,
  };
}

/**
 * Returns the policies and fleets in manifests. `paths`: the files and folders, for messages.
 *
 * @throws CliError if a manifest isn't valid or there is no policy
 */
export function resourcesForPlan(sources: ManifestSources, paths: readonly string[]): PlanResources {
  const result = lint(sources);
  if (result.problems.length > 0) {
    throw new CliError(`cannot plan, because a policy or fleet is not valid\n${LINT_FORMATS.text(result).trimEnd()}`);
  }
  const ofKind = (kind: Kind) =>
    sources.resources
      .map(({ value }) => value as KubeObject)
      .filter((object) => Object(object).kind === kind)
      .map((object) => withoutDefaultedNulls(kind, object));
  const policies = ofKind('WorkspaceApplicationPolicy') as PolicyObject[];
  if (policies.length === 0) {
    throw new CliError(`no WorkspaceApplicationPolicy found in ${paths.map((path) => sanitize(path)).join(', ')}`);
  }
  return { policies, fleets: ofKind('WorkspaceFleet') as FleetObject[], namespaces: undefined };
}

/** A policy without a namespace belongs to the namespace of -n, as in kubectl. */
async function fromFiles(
  paths: readonly string[],
  { recursive, exclude, namespace }: SourceFlags,
): Promise<PlanResources> {
  const resources = resourcesForPlan(await readSources(paths, recursive, exclude), paths);
  const policies = resources.policies.map((policy) => ({
    ...policy,
    metadata: { ...policy.metadata, namespace: policy.metadata.namespace ?? namespace ?? 'default' },
  }));
  return { ...resources, policies };
}

async function fromCluster(
  client: ApiClient,
  { operatorNamespace }: SourceFlags,
  signal: AbortSignal,
): Promise<PlanResources> {
  // Policies in other namespaces affect the plan, too.
  const [policies, fleets, namespaces] = await Promise.all([
    listAll<PolicyObject>(client, { resource: POLICIES, namespace: operatorNamespace }, signal),
    listAll<FleetObject>(client, { resource: FLEETS }, signal),
    listAll<KubeObject>(client, { resource: NAMESPACES }, signal),
  ]);
  const hasUnknownFields =
    policies.items.some((one) => knownPartOf('WorkspaceApplicationPolicy', one, undefined).userSet.length > 0) ||
    fleets.items.some((one) => knownPartOf('WorkspaceFleet', one, undefined).userSet.length > 0);
  const served = hasUnknownFields ? await servedSchemas(client, signal) : {};
  return {
    policies: policies.items.map((one) =>
      withoutDefaultedFields('WorkspaceApplicationPolicy', one, served.WorkspaceApplicationPolicy),
    ),
    fleets: fleets.items.map((one) => withoutDefaultedFields('WorkspaceFleet', one, served.WorkspaceFleet)),
    namespaces: namespaces.items,
  };
}

/** Without the schemas, every unknown field counts as set by a user. */
async function servedSchemas(client: ApiClient, signal: AbortSignal) {
  try {
    return await readServedSchemas(client, signal);
  } catch (error) {
    if (error instanceof ApiError) {
      return {};
    }
    throw error;
  }
}

/** Returns the resources of the cluster with those of the files in place of the `replaced` policies. */
function merge(files: PlanResources, cluster: PlanResources, replaced: ReadonlySet<string>): PlanResources {
  const fleetKeys = new Set(files.fleets.map(keyOf));
  return {
    policies: [
      ...cluster.policies.filter((policy) => !replaced.has(keyOf(policy))),
      ...files.policies.map((policy) => applyTo(cluster.policies, policy)),
    ],
    fleets: [
      ...cluster.fleets.filter((fleet) => !fleetKeys.has(keyOf(fleet))),
      ...files.fleets.map((fleet) => applyTo(cluster.fleets, fleet)),
    ],
    namespaces: cluster.namespaces,
  };
}

/** Returns the result of `kubectl apply`: the file, with the annotations and the status of the live object. */
function applyTo<T extends PolicyObject | FleetObject>(objects: readonly T[], file: T): T {
  const live = objects.find((object) => keyOf(object) === keyOf(file));
  if (live === undefined) {
    return file;
  }
  const annotations = { ...live.metadata.annotations, ...file.metadata.annotations };
  return { ...file, metadata: { ...live.metadata, ...file.metadata, annotations }, status: live.status };
}

function keyOf({ metadata }: KubeObject): string {
  return objectKey(metadata);
}
