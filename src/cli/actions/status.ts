import process from 'node:process';
import type { PolicyObject } from '../../kube/resources.ts';
import { sanitize } from '../../sanitize.ts';
import { describeCompliance } from '../../status/compliance.ts';
import { describeRollout, type RolloutStatus } from '../../status/rollout.ts';
import { alignedLines } from '../../table.ts';
import type { ShowFlags } from '../commands/flags.ts';
import { colored, progressBar } from '../output/terminal.ts';
import { connectToCluster } from './connectToCluster.ts';
import { enforcementOf, printPolicies, specOf } from './printPolicies.ts';

/** Prints the status of a policy. */
export async function showStatus(name: string, flags: ShowFlags): Promise<void> {
  const cluster = connectToCluster(flags);
  const { isTTY = false } = process.stdout;
  const format = ([policy]: readonly PolicyObject[]) =>
    policy === undefined ? `policy ${sanitize(name)} was deleted\n` : statusText(policy, isTTY);
  await printPolicies(cluster, [name], flags, format, isTTY);
}

const NO_WORKSPACES = { selected: 0, compliant: 0, drifted: 0, inProgress: 0, held: 0, failed: 0 };

/**
 * Formats the status of a policy.
 *
 * @param isTerminal whether to draw the progress of a rollout as a bar
 */
export function statusText(policy: PolicyObject, isTerminal: boolean): string {
  const { metadata, status } = policy;
  const {
    fleet,
    compliance,
    plan,
    rollout,
    history = [],
    summary = [],
    lastSyncTime,
    associationsOmitted = 0,
  } = status ?? {};
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
    ...(rollout === undefined ? [] : [['Rollout', rolloutText(rollout, isTerminal)]]),
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
  // The progress of the rollout is among the facts.
  const rows = summary.filter((line) => !line.startsWith('rollout: '));
  const more =
    associationsOmitted > 0 ? [`and ${associationsOmitted} more; to list all of them, use kubectl wsap report`] : [];
  return [
    ...alignedLines(facts),
    ...section('Conditions', alignedLines(conditions)),
    ...section('Latest runs with changes', alignedLines(runs)),
    ...section('Associations', [...rows.map((line) => sanitize(line, 400)), ...more]),
    '',
  ].join('\n');
}

/** Describes the progress of a rollout and its expected end. */
function rolloutText(rollout: RolloutStatus, isTerminal: boolean): string {
  const { workspaces, completed, failed, estimatedCompletionTime, completionTime } = rollout;
  const bar = isTerminal ? `${progressBar(completed + failed, workspaces)} ` : '';
  const end =
    completionTime !== undefined
      ? `, complete since ${completionTime}`
      : estimatedCompletionTime === undefined
        ? ''
        : `, until about ${estimatedCompletionTime}`;
  return `${bar}${describeRollout(rollout)}${end}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', colored('bold', title), ...lines.map((line) => `  ${line}`)];
}
