import process from 'node:process';
import { styleText } from 'node:util';
import { apiVersionOf } from '../../kube/resource.ts';
import { POLICIES, type PolicyObject } from '../../kube/resources.ts';
import { listAll } from '../../kube/watch.ts';
import { sanitize } from '../../sanitize.ts';
import { describeCompliance } from '../../status/compliance.ts';
import { alignedLines } from '../../table.ts';
import type { KubeFlags } from '../commands/kubeFlags.ts';
import { CliError } from '../output/cliError.ts';
import { toJson, toYaml } from '../output/safeOutput.ts';
import { type Cluster, connectToCluster } from './connectToCluster.ts';
import { conditionOf, policiesOf } from './policies.ts';
import { stopSignal } from './signals.ts';
import { followPolicies } from './watchPolicies.ts';

export interface ShowFlags extends KubeFlags {
  readonly output: 'table' | 'json' | 'yaml';
  readonly allNamespaces?: boolean;
  readonly watch: boolean;
}

/** Shows the named policies, or all, in a table. */
export async function showPolicies(names: readonly string[], flags: ShowFlags): Promise<void> {
  if (flags.allNamespaces && names.length > 0) {
    throw new CliError('name policies of one namespace, or list those of all with -A');
  }
  const cluster = connectToCluster(flags);
  const where = flags.allNamespaces
    ? 'in the cluster'
    : `in the namespace ${sanitize(cluster.namespace)}; -A lists those of all namespaces`;
  await show(cluster, names, flags, (policies) => {
    if (policies.length > 0) {
      return asTable(policies);
    }
    // As kubectl does: whoever reads stdout reads nothing.
    process.stderr.write(`there are no policies ${where}\n`);
    return '';
  });
}

/** Shows all that is known of a policy. */
export async function showStatus(name: string, flags: ShowFlags): Promise<void> {
  const cluster = connectToCluster(flags);
  const format = ([policy]: readonly PolicyObject[]) =>
    policy === undefined ? `${sanitize(name)} is gone\n` : asStatus(policy);
  await show(cluster, [name], flags, format);
}

async function read(cluster: Cluster, names: readonly string[], { allNamespaces }: ShowFlags, signal: AbortSignal) {
  const { client } = cluster;
  return allNamespaces
    ? (await listAll<PolicyObject>(client, { resource: POLICIES }, signal)).items
    : policiesOf(cluster, names, signal);
}

async function show(
  cluster: Cluster,
  names: readonly string[],
  flags: ShowFlags,
  format: (policies: readonly PolicyObject[]) => string,
): Promise<void> {
  const { output, watch, allNamespaces } = flags;
  const signal = stopSignal();
  const textOf = (policies: readonly PolicyObject[]) => {
    const document = () => (names.length === 1 && policies[0] !== undefined ? shown(policies[0]) : listOf(policies));
    return output === 'table' ? format(policies) : output === 'json' ? toJson(document()) : toYaml(document());
  };
  // What is wrong from the beginning ends the command, also where it is to follow.
  const policies = await read(cluster, names, flags, signal);
  if (!watch) {
    process.stdout.write(textOf(policies));
    return;
  }
  const isNamed = ({ metadata }: PolicyObject) => names.length === 0 || names.includes(metadata.name);
  let last: string | undefined;
  for await (const all of followPolicies(cluster.client, allNamespaces ? undefined : cluster.namespace, signal)) {
    const next = textOf(all.filter(isNamed));
    if (next !== last) {
      process.stdout.write(last === undefined ? next : `\n${next}`);
    }
    last = next;
  }
}

/** As kubectl shows an object, without who wrote which of its fields. */
function shown({ metadata, ...rest }: PolicyObject) {
  const { managedFields: _, ...others } = metadata as PolicyObject['metadata'] & { managedFields?: unknown };
  const { apiVersion = apiVersionOf(POLICIES), kind = POLICIES.kind, ...object } = rest;
  return { apiVersion, kind, metadata: others, ...object };
}

/** As kubectl shows several. */
function listOf(policies: readonly PolicyObject[]) {
  return { apiVersion: 'v1', kind: 'List', items: policies.map(shown) };
}

const HEADER = [
  'NAMESPACE',
  'NAME',
  'ENFORCEMENT',
  'READY',
  'COMPLIANT',
  'WORKSPACES',
  'DRIFTED',
  'HELD',
  'FAILED',
  'MESSAGE',
];

function asTable(policies: readonly PolicyObject[]): string {
  const rows = policies.map((policy) => {
    const { metadata, status } = policy;
    const { selected, drifted, held, failed } = status?.compliance ?? {};
    const ready = conditionOf(status, 'Ready');
    const cells = [
      metadata.namespace ?? '',
      metadata.name,
      enforcementOf(policy),
      ready?.status ?? 'Unknown',
      conditionOf(status, 'Compliant')?.status ?? 'Unknown',
      ...[selected, drifted, held, failed].map((count) => String(count ?? '-')),
      ready?.message ?? 'the operator has not seen it yet',
    ];
    return cells.map((cell) => sanitize(cell, 200));
  });
  // In a terminal a line is a policy; the message, which comes last, is whole in wsap status.
  const width = process.stdout.columns || Number.POSITIVE_INFINITY;
  const [header = '', ...lines] = alignedLines([HEADER, ...rows], 3).map((line) => sanitize(line, width));
  const painted = lines.map((line, index) =>
    paint(rows[index]?.[3] === 'False' ? 'red' : rows[index]?.[4] === 'True' ? 'green' : 'reset', line),
  );
  return `${[paint('bold', header), ...painted].join('\n')}\n`;
}

/** What of a policy's spec is shown; an invalid one may lack anything. */
function specOf(policy: PolicyObject): { enforcement?: string; suspend?: boolean; interval?: string } | undefined {
  return (policy as PolicyObject & { spec?: ReturnType<typeof specOf> }).spec;
}

function enforcementOf(policy: PolicyObject): string {
  const spec = specOf(policy);
  return `${spec?.enforcement ?? 'Audit'}${spec?.suspend ? ' (suspended)' : ''}`;
}

const NOBODY = { selected: 0, compliant: 0, drifted: 0, inProgress: 0, held: 0, failed: 0 };

function asStatus(policy: PolicyObject): string {
  const { metadata, status } = policy;
  const { fleet, compliance, plan, history = [], summary = [], lastSyncTime, associationsOmitted = 0 } = status ?? {};
  const facts = [
    ['Policy', `${metadata.namespace}/${metadata.name}`],
    ['Enforcement', enforcementOf(policy)],
    [
      'Fleet',
      fleet === undefined
        ? '-'
        : [fleet.name, fleet.accountID, fleet.region].filter((part) => part !== undefined).join(', '),
    ],
    [
      'Evaluated',
      lastSyncTime === undefined
        ? 'not yet'
        : `every ${specOf(policy)?.interval ?? '-'}; written at ${lastSyncTime}, as times alone are once an hour`,
    ],
    ['WorkSpaces', compliance === undefined ? '-' : describeCompliance({ ...NOBODY, ...compliance })],
    [
      'Plan',
      plan === undefined
        ? '-'
        : `${plan.id ?? 'nothing to approve'}: ${plan.disassociate} to disassociate, ${plan.associate} to associate, ${plan.deploy} to deploy, ${plan.held} held`,
    ],
  ].map(([name = '', value = '']) => [`${name}:`, sanitize(value, 300)]);
  const conditions = (status?.conditions ?? []).map(({ type, status: is, reason, message }) => [
    type,
    is,
    reason,
    sanitize(message, 1024),
  ]);
  const runs = history.map((run) => [
    run.time,
    `${run.disassociated} disassociated`,
    `${run.associated} associated`,
    `${run.deployed} deployed`,
    `${run.failed} failed`,
  ]);
  const more = associationsOmitted > 0 ? [`and ${associationsOmitted} more associations`] : [];
  return [
    ...alignedLines(facts),
    ...section('Conditions', alignedLines(conditions)),
    ...section('Last runs that changed something', alignedLines(runs)),
    ...section('Associations', [...summary.map((line) => sanitize(line, 400)), ...more]),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines.map((line) => `  ${line}`)];
}

/** In colour where the reader's terminal shows it. */
function paint(style: 'bold' | 'red' | 'green' | 'reset', text: string): string {
  return style === 'reset' ? text : styleText(style, text, { stream: process.stdout });
}
