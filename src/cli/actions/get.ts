import process from 'node:process';
import type { PolicyObject } from '../../kube/resources.ts';
import { sanitize } from '../../sanitize.ts';
import { alignedLines } from '../../table.ts';
import type { ShowFlags } from '../commands/flags.ts';
import { CliError } from '../exit.ts';
import { colored } from '../output/terminal.ts';
import { connectToCluster } from './connectToCluster.ts';
import { conditionOf } from './policies.ts';
import { printPolicies, specOf } from './printPolicies.ts';

/**
 * Prints the named policies, or all policies, as a table or as objects.
 *
 * @throws CliError if the flags contradict each other
 */
export async function listPolicies(names: readonly string[], flags: ShowFlags): Promise<void> {
  if (flags.allNamespaces && names.length > 0) {
    throw new CliError('a policy cannot be selected by name across all namespaces; set either names or -A');
  }
  const cluster = connectToCluster(flags);
  const scope = flags.allNamespaces
    ? ''
    : ` in namespace ${sanitize(cluster.namespace)}; use -A to list all namespaces`;
  await printPolicies(cluster, names, flags, (policies) => {
    if (policies.length > 0) {
      return asTable(policies);
    }
    // On stderr, as in kubectl, so that scripts read an empty stdout.
    process.stderr.write(`no policies found${scope}\n`);
    return '';
  });
}

const HEADER = [
  'NAMESPACE',
  'NAME',
  'ENFORCEMENT',
  'SUSPENDED',
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
    const { enforcement = 'Audit', suspend = false } = specOf(policy);
    const ready = conditionOf(status, 'Ready');
    const cells = [
      metadata.namespace ?? '',
      metadata.name,
      enforcement,
      String(suspend),
      ready?.status ?? 'Unknown',
      conditionOf(status, 'Compliant')?.status ?? 'Unknown',
      ...[selected, drifted, held, failed].map((count) => String(count ?? '-')),
      ready?.message ?? 'not reconciled yet',
    ];
    return cells.map((cell) => sanitize(cell, 200));
  });
  // A terminal shows one line per policy, with a shortened message. `wsap status` shows the full message.
  const width = process.stdout.columns || Number.POSITIVE_INFINITY;
  const [header = '', ...lines] = alignedLines([HEADER, ...rows], 3).map((line) => sanitize(line, width));
  const styled = lines.map((line, index) =>
    colored(rows[index]?.[4] === 'False' ? 'red' : rows[index]?.[5] === 'True' ? 'green' : 'reset', line),
  );
  return `${[colored('bold', header), ...styled].join('\n')}\n`;
}
