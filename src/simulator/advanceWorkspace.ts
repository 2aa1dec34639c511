import { keepLatestCheck } from './connectionChecks.ts';
import { advance, type Durations, deploymentEnd, enter, passedSteps } from './lifecycle.ts';
import type { Recreation, SimulatedWorkspace } from './simulatedResources.ts';
import { createSoftware, followState, takeDueSnapshot } from './software.ts';
import type { Undocumented } from './undocumented.ts';

/** Sets a WorkSpace to UPDATING until all its deployments have ended. Times are in epoch milliseconds. */
export function beginUpdating(
  workspace: SimulatedWorkspace,
  now: number,
  { settling }: Durations,
  { workspaceReady }: Undocumented,
): void {
  const ends = [...workspace.associations.values()].flatMap((association) => deploymentEnd(association) ?? []);
  if (ends.length === 0) {
    return;
  }
  const end = Math.max(...ends);
  const readyAt = {
    WithLastAssociation: end,
    BeforeLastAssociation: end - settling,
    AfterLastAssociation: end + settling,
  };
  const returnTo = workspace.deployment?.returnTo ?? workspace.state;
  workspace.deployment = { endsAt: Math.max(now, readyAt[workspaceReady]), returnTo };
  workspace.state = 'UPDATING';
}

/** Advances a WorkSpace to a time. Returns whether it will change further. */
export function advanceWorkspace(workspace: SimulatedWorkspace, now: number, durations: Durations): boolean {
  let isTransitioning = advanceAssociations(workspace, now, durations);
  const { deployment, recreation } = workspace;
  if (deployment !== undefined && deployment.endsAt <= now) {
    keepLatestCheck(workspace, deployment.endsAt, durations.connectionChecks);
    workspace.state = deployment.returnTo;
    workspace.deployment = undefined;
  }
  if (recreation !== undefined && recreation.endsAt <= now) {
    keepLatestCheck(workspace, recreation.endsAt, durations.connectionChecks);
    finishRecreation(workspace, recreation, durations);
    isTransitioning = advanceAssociations(workspace, now, durations);
  }
  return isTransitioning || workspace.deployment !== undefined || workspace.recreation !== undefined;
}

/** Advances the associations of a WorkSpace. Returns whether any will change further. */
function advanceAssociations(workspace: SimulatedWorkspace, now: number, { snapshots }: Durations): boolean {
  let isTransitioning = false;
  for (const [applicationID, association] of workspace.associations) {
    for (const { state, at } of passedSteps(association, now)) {
      followState(workspace.software, { applicationID, state, at }, snapshots);
    }
    const current = advance(association, now);
    if (current === undefined) {
      workspace.associations.delete(applicationID);
    } else {
      workspace.associations.set(applicationID, current);
    }
    isTransitioning ||= (current?.upcoming.length ?? 0) > 0;
  }
  return isTransitioning;
}

/**
 * Ends a creation, rebuild, or restore. A restore returns the software to the last snapshot and leaves the associations
 * unchanged. A rebuild returns both to the bundle.
 *
 * Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html
 */
function finishRecreation(workspace: SimulatedWorkspace, recreation: Recreation, durations: Durations): void {
  const { endsAt } = recreation;
  workspace.state = 'AVAILABLE';
  workspace.recreation = undefined;
  if (recreation.kind === 'Restore') {
    takeDueSnapshot(workspace.software, endsAt, durations.snapshots);
    workspace.software.installed = workspace.software.snapshot.installed;
  } else if (recreation.kind === 'Rebuild') {
    const { workspaceID, associations } = workspace;
    const applications = new Set(recreation.applications);
    for (const applicationID of applications.union(new Set(associations.keys()))) {
      const state = applications.has(applicationID) ? 'COMPLETED' : 'REMOVED';
      const current = associations.get(applicationID);
      if (current?.state !== state) {
        const created = current?.created;
        associations.set(applicationID, enter({ workspaceID, applicationID, state, created }, endsAt, durations));
      }
    }
    Object.assign(workspace.software, createSoftware(applications, endsAt));
  }
}
