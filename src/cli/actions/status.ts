import type { PolicyObject } from '../../kube/resources.ts';
import { sanitize } from '../../sanitize.ts';
import { describeCompliance } from '../../status/compliance.ts';
import { alignedLines } from '../../table.ts';
import type { ShowFlags } from '../commands/flags.ts';
import { colored } from '../output/terminal.ts';
import { connectToCluster } from './connectToCluster.ts';
import { enforcementOf, printPolicies, specOf } from './printPolicies.ts';

/** Prints the status of a policy. */
export async function showStatus(name: string, flags: ShowFlags): Promise<void> {
  const cluster = connectToCluster(flags);
  await printPolicies(cluster, [name], flags, ([policy]) =>
    policy === undefined ? `policy ${sanitize(name)} was deleted\n` : asText(policy),
  );
}

const NO_WORKSPACES = { selected: 0, compliant: 0, drifted: 0, inProgress: 0, held: 0, failed: 0 };

function asText(policy: PolicyObject): string {
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
      'Last sync',
      lastSyncTime === undefined
        ? 'never'
        : `${lastSyncTime} (updated hourly if nothing else changes), interval ${specOf(policy).interval ?? '-'}`,
    ],
    ['WorkSpaces', compliance === undefined ? '-' : describeCompliance({ ...NO_WORKSPACES, ...compliance })],
    [
      'Plan',
      plan === undefined
        ? '-'
        : `${plan.id === undefined ? '' : `${plan.id}: `}${plan.disassociate} to disassociate, ${plan.associate} to associate, ${plan.deploy} to deploy, ${plan.held} held`,
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
  const more =
    associationsOmitted > 0 ? [`and ${associationsOmitted} more; to list all of them, use kubectl wsap report`] : [];
  return [
    ...alignedLines(facts),
    ...section('Conditions', alignedLines(conditions)),
    ...section('Latest runs with changes', alignedLines(runs)),
    ...section('Associations', [...summary.map((line) => sanitize(line, 400)), ...more]),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', colored('bold', title), ...lines.map((line) => `  ${line}`)];
}
