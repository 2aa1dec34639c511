import type { Sent } from '../cloud/traffic.ts';
import {
  type Asking,
  type Attempt,
  FRESH,
  type Goal,
  MOVING,
  type ObservedState,
  RUN,
  type RuleViolation,
} from '../observedState.ts';
import { countOf } from '../rules.ts';
import { selects } from '../selection.ts';
import { isWindowOpen } from '../windows.ts';
import { isTooMuch } from './safeguard.ts';

/** A change is shown for five seconds; a write of a status that meets a conflict is composed a moment before it is sent. */
const SHOWN = 4_500;

/** What of a policy's own settings forbids a change that it asks for. */
export function policyObjection(
  policy: Asking,
  { workspace, rules, ledger }: Attempt,
  applicationID: string,
  goal: Goal,
  sent: Sent,
  observed: ObservedState,
): RuleViolation | undefined {
  const { key, spec } = policy;
  const now = observed.time.elapsed;
  const pair = `${workspace.workspaceID} ${applicationID}`;
  const isApproved = observed.isApproved(key, pair);
  if (spec.enforcement === 'Approve' && !isApproved) {
    return { rule: 'Approval', message: `${key} waits for an approval` };
  }
  const { wall } = sent.process;
  if (!isWindowOpen(spec, wall - RUN, wall) && !observed.faults.wasAtWork('ClockSet', RUN)) {
    return { rule: 'Window', message: `no window of ${key} is open` };
  }
  const since = shownSince(sent, key, pair, observed);
  if ((since === undefined || since > now - SHOWN) && !observed.isShort(key)) {
    const long = since === undefined ? 'no time' : `${now - since} ms`;
    return { rule: 'Shown', message: `the status of ${key} has shown it for ${long}` };
  }
  const isUnlimited = goal !== 'Remove' || spec.enforcement !== 'Enforce' || isApproved;
  return !isUnlimited && isTooMuch(policy, rules, ledger, observed)
    ? { rule: 'Safeguard', message: `the plan of ${key} is over maxAffectedWorkspaces` }
    : undefined;
}

/** What of a policy's own settings forbids a deployment. */
export function deploymentObjection(
  { key, spec }: Asking,
  { workspace, rules, told: { connection } }: Attempt,
  { time, faults, cloud, deployedFor }: ObservedState,
): RuleViolation | undefined {
  const { deploy, userSessions = 'Wait', maxInProgress } = spec.rollout ?? {};
  if (deploy === 'Manual') {
    return { rule: 'Manual', message: `${key} leaves deployments to people` };
  }
  const isThere = connection?.value !== 'DISCONNECTED' && connection?.value !== 'UNKNOWN';
  if (userSessions === 'Wait' && (isThere || time.elapsed - (connection?.at ?? 0) > FRESH)) {
    return { rule: 'Session', message: `the user is ${connection?.value ?? 'not known to be gone'}` };
  }
  if (maxInProgress === undefined || faults.wasAtWork('StaleReads', 2 * RUN)) {
    return undefined;
  }
  // Of what is beyond the fleet's boundary, nobody knows whether it is in progress.
  const directories = rules.fleet?.directoryIDs ?? [];
  const all = cloud.workspaces.filter(
    (one) => selects(spec, one, time.now) && (directories.length === 0 || directories.includes(one.directoryID ?? '')),
  );
  const busy = all.filter(
    ({ workspaceID, state, associations }) =>
      workspaceID !== workspace.workspaceID &&
      (state === 'UPDATING' || [...associations.values()].some((one) => MOVING.has(one.state))) &&
      [...(deployedFor.get(workspaceID) ?? [])].join() === key,
  );
  return busy.length >= countOf(maxInProgress, all.length)
    ? { rule: 'Budget', message: `${busy.length} WorkSpaces of ${key} are in progress` }
    : undefined;
}

/** Since when the status has shown a change. One that begins what it shows as begun isn't shown. */
function shownSince({ operation }: Sent, key: string, pair: string, observed: ObservedState): number | undefined {
  const shown = observed.shownSince.get(key)?.pairs.get(pair);
  return shown?.isStarted === true && operation !== 'DeployWorkspaceApplications' ? undefined : shown?.since;
}
