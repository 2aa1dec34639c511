import { resumeCommandLine } from '../policy/annotations.ts';
import { sanitize } from '../sanitize.ts';
import { approvalPreview } from '../status/approvalPreview.ts';
import { listedAssociations, type PolicyStatus } from '../status/resource.ts';
import { describeRollout } from '../status/rollout.ts';
import { alignedLines } from '../table.ts';
import type { Notice, NotifiedPolicy } from './notices.ts';

/** Texts of a notification. They contain no control characters, and escape nothing. */
export interface NoticeText {
  readonly severity: 'info' | 'warning' | 'error';
  readonly title: string;
  readonly lines: readonly string[];
  /** Command that the reader runs next. */
  readonly command: string | undefined;
}

/** Maximum number of associations or failures in a text. */
const MAX_LISTED = 10;

/**
 * Describes a notice. A plan is described in the words of `kubectl wsap approve`.
 *
 * @param userNames whether the text contains user names
 */
export function textOf({ event, policy }: Notice, userNames: boolean): NoticeText {
  const { status = {} } = policy;
  const name = sanitize(keyOf(policy), 320);
  const statusCommand = commandFor(policy, 'status');
  switch (event) {
    case 'PlanAwaitingApproval':
    case 'SafeguardExceeded': {
      const planID = status.plan?.id;
      const plan = planID === undefined ? 'A plan' : `Plan ${sanitize(planID, 64)}`;
      return {
        severity: event === 'SafeguardExceeded' ? 'warning' : 'info',
        title:
          event === 'SafeguardExceeded'
            ? `${plan} of policy ${name} exceeds maxAffectedWorkspaces`
            : `${plan} of policy ${name} awaits approval`,
        lines: approvalPreview({ metadata: policy.metadata, status }, userNames).trimEnd().split('\n'),
        command: planID === undefined ? statusCommand : commandFor(policy, 'approve', sanitize(planID, 64)),
      };
    }
    case 'RolloutHalted':
      return {
        severity: 'error',
        title: `Failed deployments halt the rollout of policy ${name}`,
        lines: [...haltLines(status), ...failureLines(status, userNames)],
        command: resumeCommandLine({ namespace: policy.metadata.namespace ?? '', name: policy.metadata.name }),
      };
    case 'RolloutFinished':
      return {
        severity: status.rollout !== undefined && status.rollout.failed > 0 ? 'warning' : 'info',
        title: `The rollout of policy ${name} is complete`,
        lines: rolloutLines(status),
        command: statusCommand,
      };
    case 'Conflict':
      return {
        severity: 'warning',
        title: `Policy ${name} conflicts with another policy`,
        lines: heldLines(status, 'Conflict', userNames),
        command: statusCommand,
      };
    case 'Flapping':
      return {
        severity: 'warning',
        title: `Applications that policy ${name} removes come back`,
        lines: heldLines(status, 'Flapping', userNames),
        command: statusCommand,
      };
    case 'PolicyStalled':
      return {
        severity: 'error',
        title: `Policy ${name} requires manual action`,
        lines: conditionLines(status, 'Stalled').concat(conditionLines(status, 'Ready')),
        command: statusCommand,
      };
  }
}

function keyOf({ metadata: { namespace = '', name } }: NotifiedPolicy): string {
  return `${namespace}/${name}`;
}

function commandFor({ metadata: { namespace = '', name } }: NotifiedPolicy, command: string, ...more: string[]) {
  return ['kubectl wsap', command, '-n', sanitize(namespace, 63), sanitize(name, 253), ...more].join(' ');
}

function conditionLines({ conditions = [] }: PolicyStatus, type: string): string[] {
  const condition = conditions.find((one) => one.type === type);
  return condition === undefined ? [] : [`${condition.reason}: ${sanitize(condition.message, 1024)}`];
}

/** Describes a halted rollout. The message of Ready would contain user names. */
function haltLines({ rollout }: PolicyStatus): string[] {
  return rollout === undefined
    ? []
    : [
        `${describeRollout(rollout)}. Deployments failed on ${rollout.failedDeployments ?? 0} WorkSpaces.`,
        'No other WorkSpace changes until you fix the cause and resume the rollout.',
      ];
}

function failureLines({ rollout }: PolicyStatus, userNames: boolean): string[] {
  return alignedLines(
    (rollout?.failures ?? [])
      .slice(0, MAX_LISTED)
      .map(({ workspaceID, userName = '-', errorCode = '', errorMessage = '' }) => [
        sanitize(workspaceID, 66),
        ...(userNames ? [sanitize(userName, 63)] : []),
        sanitize(errorCode, 128),
        sanitize(errorMessage, 256),
      ]),
  );
}

function rolloutLines({ rollout }: PolicyStatus): string[] {
  if (rollout === undefined) {
    return [];
  }
  const { startTime = '', completionTime = '' } = rollout;
  return [`${describeRollout(rollout)}.`, `Started ${startTime}, complete ${completionTime}.`];
}

function heldLines(status: PolicyStatus, reason: string, userNames: boolean): string[] {
  const held = listedAssociations(status).filter(({ holdReason }) => holdReason === reason);
  const rows = held
    .slice(0, MAX_LISTED)
    .map(({ workspaceID, userName = '-', applicationName, associatedResourceID, message = '' }) => [
      sanitize(workspaceID, 66),
      ...(userNames ? [sanitize(userName, 63)] : []),
      sanitize(applicationName ?? associatedResourceID, 256),
      sanitize(message, 512),
    ]);
  return [
    ...conditionLines(status, 'Compliant'),
    ...alignedLines(rows),
    ...(held.length > MAX_LISTED ? [`And ${held.length - MAX_LISTED} more.`] : []),
  ];
}
