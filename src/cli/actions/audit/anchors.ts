import type { ChainPosition } from '../../../audit/record.ts';
import { FLEETS, type FleetObject } from '../../../kube/resources.ts';
import { sanitize } from '../../../sanitize.ts';
import type { KubeFlags } from '../../commands/flags.ts';
import { CliError } from '../../exit.ts';
import { connectToCluster } from '../connectToCluster.ts';
import { readSources } from '../manifests.ts';

/** Flags that name the last records of processes. */
export interface AnchorFlags extends KubeFlags {
  /** Names of WorkspaceFleets in the cluster. */
  readonly fleet?: readonly string[];
  /** Files with saved WorkspaceFleets. */
  readonly fleetFile?: readonly string[];
}

/**
 * Returns the last records that the statuses of fleets name, or undefined without a flag for fleets.
 *
 * @throws CliError if a fleet can't be read, or if a file contains no fleet with such a status
 */
export async function anchorsOf(flags: AnchorFlags): Promise<ChainPosition[] | undefined> {
  const { fleet, fleetFile } = flags;
  return fleet === undefined && fleetFile === undefined
    ? undefined
    : [...(await anchorsInCluster(fleet ?? [], flags)), ...(await anchorsInFiles(fleetFile ?? []))];
}

async function anchorsInCluster(names: readonly string[], flags: KubeFlags): Promise<ChainPosition[]> {
  if (names.length === 0) {
    return [];
  }
  const { client } = connectToCluster(flags);
  const anchors: ChainPosition[] = [];
  for (const name of names) {
    const fleet = await client.request<FleetObject>({ verb: 'get', resource: FLEETS, name });
    anchors.push(...(fleet.status?.audit ?? []));
  }
  return anchors;
}

async function anchorsInFiles(paths: readonly string[]): Promise<ChainPosition[]> {
  const anchors: ChainPosition[] = [];
  for (const path of paths) {
    const { resources, broken } = await readSources([path], true);
    const [problem] = broken;
    if (problem !== undefined) {
      throw new CliError(`${sanitize(problem.file)}:${problem.position.line}: ${problem.message}`);
    }
    const found = resources.flatMap(({ value, file }) => positionsIn(value, file));
    if (found.length === 0) {
      throw new CliError(
        `${sanitize(path)}: no WorkspaceFleet with status.audit; save them with kubectl get wsfleet -o yaml`,
      );
    }
    anchors.push(...found);
  }
  return anchors;
}

function positionsIn(value: unknown, file: string): ChainPosition[] {
  const { kind, status } = Object(value) as { readonly kind?: unknown; readonly status?: unknown };
  const { audit } = Object(status) as { readonly audit?: unknown };
  if (kind !== FLEETS.kind || !Array.isArray(audit)) {
    return [];
  }
  return audit.map((entry) => {
    const { chain, sequence, hash } = Object(entry) as Readonly<Record<string, unknown>>;
    if (typeof chain !== 'string' || !Number.isSafeInteger(sequence) || typeof hash !== 'string') {
      throw new CliError(`${sanitize(file)}: status.audit contains an entry without chain, sequence, or hash`);
    }
    return { chain, sequence: Number(sequence), hash };
  });
}
