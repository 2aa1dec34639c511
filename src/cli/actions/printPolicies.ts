import process from 'node:process';
import { apiVersionOf } from '../../kube/resource.ts';
import { POLICIES, type PolicyObject } from '../../kube/resources.ts';
import { listAll } from '../../kube/watch.ts';
import type { ShowFlags } from '../commands/flags.ts';
import { stopSignal } from '../exit.ts';
import { toJson, toYaml } from '../output/safeOutput.ts';
import { CLEAR_SCREEN } from '../output/terminal.ts';
import type { Cluster } from './connectToCluster.ts';
import { policiesOf } from './policies.ts';
import { watchPolicies } from './watchPolicies.ts';

/**
 * Prints policies in the output format of the flags; with `--watch`, again after each change. `asText` formats `-o table`.
 *
 * @param isRedrawn whether each print replaces the last one. Defaults to false.
 */
export async function printPolicies(
  cluster: Cluster,
  names: readonly string[],
  { output, watch, allNamespaces = false }: ShowFlags,
  asText: (policies: readonly PolicyObject[]) => string,
  isRedrawn = false,
): Promise<void> {
  const signal = stopSignal();
  const format = (policies: readonly PolicyObject[]) => {
    const document = () => (names.length === 1 && policies[0] !== undefined ? objectOf(policies[0]) : listOf(policies));
    return output === 'table' ? asText(policies) : output === 'json' ? toJson(document()) : toYaml(document());
  };
  // Reads before it watches, so that an error ends the command.
  const policies = await readPolicies(cluster, names, allNamespaces, signal);
  if (!watch) {
    process.stdout.write(format(policies));
    return;
  }
  const isNamed = ({ metadata }: PolicyObject) => names.length === 0 || names.includes(metadata.name);
  let last: string | undefined;
  for await (const all of watchPolicies(cluster.client, allNamespaces ? undefined : cluster.namespace, signal)) {
    const next = format(all.filter(isNamed));
    if (next !== last) {
      const isText = isRedrawn && output === 'table';
      process.stdout.write(isText ? `${CLEAR_SCREEN}${next}` : last === undefined ? next : `\n${next}`);
    }
    last = next;
  }
}

async function readPolicies(cluster: Cluster, names: readonly string[], allNamespaces: boolean, signal: AbortSignal) {
  return allNamespaces
    ? (await listAll<PolicyObject>(cluster.client, { resource: POLICIES }, signal)).items
    : policiesOf(cluster, names, signal);
}

/** Returns the object as `kubectl get -o` prints it, without managed fields. */
function objectOf({ metadata, ...rest }: PolicyObject) {
  const { managedFields: _, ...others } = metadata as PolicyObject['metadata'] & { managedFields?: unknown };
  const { apiVersion = apiVersionOf(POLICIES), kind = POLICIES.kind, ...object } = rest;
  return { apiVersion, kind, metadata: others, ...object };
}

function listOf(policies: readonly PolicyObject[]) {
  return { apiVersion: 'v1', kind: 'List', items: policies.map(objectOf) };
}

interface ShownSpec {
  readonly enforcement?: string;
  readonly suspend?: boolean;
  readonly interval?: string;
}

/** Returns the fields of the spec that commands show. An invalid policy may lack any of them. */
export function specOf(policy: PolicyObject): ShownSpec {
  return (policy as PolicyObject & { readonly spec?: ShownSpec }).spec ?? {};
}

/** Returns the enforcement of a policy and whether it is suspended. */
export function enforcementOf(policy: PolicyObject): string {
  const { enforcement = 'Audit', suspend } = specOf(policy);
  return suspend ? `${enforcement} (suspended)` : enforcement;
}
