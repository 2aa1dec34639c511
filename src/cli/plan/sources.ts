import { systemClock } from '../../clock.ts';
import { Inventory } from '../../fleet/inventory.ts';
import type { FleetReader } from '../../fleet/ports.ts';
import { RecordedFleet } from '../../fleet/recordedFleet.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { listAll } from '../../kube/watch.ts';
import { FLEETS, type FleetObject, NAMESPACES, POLICIES, type PolicyObject } from '../../operator/resources.ts';
import type { WorkspaceFleet } from '../../policy/workspaceFleet.ts';
import { type AwsFlags, callsMade, connectToAws } from '../awsFlags.ts';
import { readSources, type Sources } from '../documents.ts';
import { CliError } from '../failure.ts';
import { readInventoryFile } from '../inventory/read.ts';
import { connectToCluster } from '../kube.ts';
import { lint } from '../lint/check.ts';
import { LINT_FORMATS } from '../lint/formats.ts';
import { withProgress } from '../progress.ts';
import type { SourceFlags } from '../sourceFlags.ts';
import { PlanWorld } from './world.ts';

interface Objects {
  readonly policies: readonly PolicyObject[];
  readonly fleets: readonly FleetObject[];
  readonly namespaces: readonly KubeObject[] | undefined;
  /** Whose policies are meant unless another is named; undefined: all that were read. */
  readonly namespace: string | undefined;
}

/**
 * What to plan with: policies from files or the cluster, WorkSpaces from a file or from AWS.
 *
 * @throws CliError
 */
export async function worldFrom(flags: SourceFlags, signal: AbortSignal) {
  const { filename } = flags;
  const objects =
    filename === undefined ? await fromCluster(flags, signal) : await fromFiles(filename, flags.recursive);
  const inventories = new Map<string, Promise<Inventory>>();
  const recorded =
    flags.inventory === undefined
      ? undefined
      : new Inventory(new RecordedFleet(await readInventoryFile(flags.inventory)), systemClock);
  const inventoryOf = (fleet: WorkspaceFleet) => {
    const key = recorded === undefined ? (fleet.name ?? '') : '';
    const known =
      inventories.get(key) ?? (recorded === undefined ? fromAws(fleet, flags, signal) : Promise.resolve(recorded));
    inventories.set(key, known);
    return known;
  };
  const opened: Inventory[] = [];
  return {
    world: new PlanWorld({ ...objects, inventoryOf }),
    /** The same WorkSpaces under the policies of other files. */
    versionOf: async (paths: readonly string[]) =>
      new PlanWorld({ ...objectsIn(await readSources(paths, flags.recursive), paths), inventoryOf }),
    namespace: objects.namespace,
    /** Those that were read. */
    inventories: () => opened,
  };

  async function fromAws({ name, access }: WorkspaceFleet, aws: AwsFlags, stop: AbortSignal): Promise<Inventory> {
    const { fleet, identity } = await connectToAws(
      {
        ...aws,
        ...(access.region !== undefined && { region: access.region }),
        ...(access.roleARN !== undefined && { roleArn: access.roleARN }),
        ...(access.externalID !== undefined && { externalId: access.externalID }),
      },
      stop,
    );
    const { expectedAccountID = identity.accountID } = access;
    if (expectedAccountID !== identity.accountID) {
      throw new CliError(
        `the WorkspaceFleet ${name} expects the account ${expectedAccountID}, and AWS says that this is ${identity.accountID} (${identity.arn})`,
      );
    }
    const line = () =>
      `reading the WorkSpaces of ${identity.accountID} in ${identity.region}: ${callsMade(fleet)} calls`;
    const inventory = new Inventory(showing(fleet, line), systemClock, () => fleet.calls());
    opened.push(inventory);
    return inventory;
  }
}

/** A reader that tells of its calls while they take long. */
function showing(fleet: FleetReader, line: () => string): FleetReader {
  return new Proxy(fleet, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function'
        ? (...args: unknown[]) => withProgress(line, () => Reflect.apply(member, target, args))
        : member;
    },
  });
}

async function fromFiles(filename: readonly string[], recursive: boolean): Promise<Objects> {
  return { ...objectsIn(await readSources(filename, recursive), filename), namespace: undefined };
}

/**
 * The policies and fleets in manifests. `from`: where they were looked for.
 *
 * @throws CliError if one isn't valid, or there is no policy
 */
export function objectsIn(sources: Sources, from: readonly string[]): Omit<Objects, 'namespace'> {
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
    throw new CliError(`there is no WorkspaceApplicationPolicy in ${from.join(', ')}`);
  }
  return { policies, fleets: ofKind('WorkspaceFleet') as FleetObject[], namespaces: undefined };
}

async function fromCluster(flags: SourceFlags, signal: AbortSignal): Promise<Objects> {
  const { client, namespace } = connectToCluster(flags);
  // Policies of other namespaces have a say in what these do.
  const [policies, fleets, namespaces] = await Promise.all([
    listAll<PolicyObject>(client, { resource: POLICIES, namespace: flags.watchedNamespace }, signal),
    listAll<FleetObject>(client, { resource: FLEETS }, signal),
    listAll<KubeObject>(client, { resource: NAMESPACES }, signal),
  ]);
  return { policies: policies.items, fleets: fleets.items, namespaces: namespaces.items, namespace };
}
