import { type KubeObject, objectKey } from '../../../kube/resource.ts';
import { FLEETS, type FleetObject, NAMESPACES, POLICIES, type PolicyObject } from '../../../kube/resources.ts';
import { listAll } from '../../../kube/watch.ts';
import { sanitize } from '../../../sanitize.ts';
import type { SourceFlags } from '../../commands/sourceFlags.ts';
import { CliError } from '../../output/cliError.ts';
import { connectToCluster } from '../connectToCluster.ts';
import { lint } from '../lint/check.ts';
import { LINT_FORMATS } from '../lint/formats.ts';
import { type ManifestSources, readSources } from '../manifests.ts';

/** What has a say in a plan. */
export interface Objects {
  readonly policies: readonly PolicyObject[];
  readonly fleets: readonly FleetObject[];
  /** With their labels; undefined: nobody knows, as files don't tell. */
  readonly namespaces: readonly KubeObject[] | undefined;
}

/** What was read, and whose plan is asked for. */
export interface PlanInputs {
  readonly current: Objects;
  /** With the policies of other files; undefined if none were named. */
  readonly earlier: Objects | undefined;
  /** The namespace whose policies are meant; undefined: all. */
  readonly namespace: string | undefined;
  /** Keys of the policies that can be meant; undefined: all. */
  readonly offered: ReadonlySet<string> | undefined;
}

/**
 * The policies and fleets of files, of the cluster, or of the cluster as it were with those files applied.
 *
 * @throws CliError
 */
export async function loadPlanInputs(
  flags: SourceFlags,
  earlierPaths: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<PlanInputs> {
  const { filename, mergeCluster, namespace } = flags;
  if (filename === undefined) {
    if (mergeCluster) {
      throw new CliError('--merge-cluster is for the files of -f; without them the policies are those of the cluster');
    }
    const cluster = connectToCluster(flags);
    const current = await fromCluster(cluster.client, flags, signal);
    return { current, earlier: undefined, namespace: cluster.namespace, offered: undefined };
  }
  const files = await fromFiles(filename, flags);
  const earlierFiles = earlierPaths === undefined ? undefined : await fromFiles(earlierPaths, flags);
  if (!mergeCluster) {
    return { current: files, earlier: earlierFiles, namespace, offered: undefined };
  }
  const cluster = await fromCluster(connectToCluster(flags).client, flags, signal);
  const offered = new Set([files, earlierFiles].flatMap((one) => one?.policies ?? []).map(keyOf));
  return {
    current: applied(files, cluster, offered),
    earlier: earlierFiles === undefined ? undefined : applied(earlierFiles, cluster, offered),
    namespace,
    offered,
  };
}

/**
 * The policies and fleets in manifests. `from`: where they were looked for.
 *
 * @throws CliError if one isn't valid, or there is no policy
 */
export function objectsIn(sources: ManifestSources, from: readonly string[]): Objects {
  const result = lint(sources);
  if (result.problems.length > 0) {
    throw new CliError(
      `nothing was planned, since a policy or fleet isn't valid\n${LINT_FORMATS.text(result).trimEnd()}`,
    );
  }
  const ofKind = (kind: string) =>
    sources.resources.map(({ value }) => value as KubeObject).filter((one) => Object(one).kind === kind);
  const policies = ofKind('WorkspaceApplicationPolicy') as PolicyObject[];
  if (policies.length === 0) {
    throw new CliError(`there is no WorkspaceApplicationPolicy in ${from.map((path) => sanitize(path)).join(', ')}`);
  }
  return { policies, fleets: ofKind('WorkspaceFleet') as FleetObject[], namespaces: undefined };
}

/** As kubectl does, a policy that names no namespace is put into that of -n. */
async function fromFiles(paths: readonly string[], { recursive, namespace }: SourceFlags): Promise<Objects> {
  const objects = objectsIn(await readSources(paths, recursive), paths);
  const policies = objects.policies.map((policy) => ({
    ...policy,
    metadata: { ...policy.metadata, namespace: policy.metadata.namespace ?? namespace ?? 'default' },
  }));
  return { ...objects, policies };
}

async function fromCluster(
  client: Parameters<typeof listAll>[0],
  { operatorNamespace }: SourceFlags,
  signal: AbortSignal,
): Promise<Objects> {
  // Policies of other namespaces have a say in what these do.
  const [policies, fleets, namespaces] = await Promise.all([
    listAll<PolicyObject>(client, { resource: POLICIES, namespace: operatorNamespace }, signal),
    listAll<FleetObject>(client, { resource: FLEETS }, signal),
    listAll<KubeObject>(client, { resource: NAMESPACES }, signal),
  ]);
  return { policies: policies.items, fleets: fleets.items, namespaces: namespaces.items };
}

/** The cluster without the `replaced` policies, and with what the files hold. */
function applied(files: Objects, cluster: Objects, replaced: ReadonlySet<string>): Objects {
  const ownFleets = new Set(files.fleets.map(keyOf));
  return {
    policies: [
      ...cluster.policies.filter((policy) => !replaced.has(keyOf(policy))),
      ...files.policies.map((policy) => appliedTo(cluster.policies, policy)),
    ],
    fleets: [
      ...cluster.fleets.filter((fleet) => !ownFleets.has(keyOf(fleet))),
      ...files.fleets.map((fleet) => appliedTo(cluster.fleets, fleet)),
    ],
    namespaces: cluster.namespaces,
  };
}

/** What kubectl apply leaves: the spec of the file, and of the cluster what the file doesn't tell, as approvals and the status. */
function appliedTo<T extends PolicyObject | FleetObject>(objects: readonly T[], file: T): T {
  const live = objects.find((one) => keyOf(one) === keyOf(file));
  if (live === undefined) {
    return file;
  }
  const annotations = { ...live.metadata.annotations, ...file.metadata.annotations };
  return { ...file, metadata: { ...live.metadata, ...file.metadata, annotations }, status: live.status };
}

function keyOf({ metadata }: KubeObject): string {
  return objectKey(metadata);
}
