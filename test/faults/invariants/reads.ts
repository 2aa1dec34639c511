import type { Sent } from '../cloud/traffic.ts';
import type { ToldWorkspace } from '../knowledge.ts';
import { FRESH, type Objection, RUN, type Seen } from '../seen.ts';

/** Whether everything that a change rests on was read by this process, lately, and after what it changed itself. */
export function readObjections({ operation, input }: Sent, told: ToldWorkspace, seen: Seen): Objection[] {
  const now = seen.time.elapsed;
  const workspaceID = String(input.WorkspaceId);
  const isDeployment = operation === 'DeployWorkspaceApplications';
  const changed = seen.changedAt.get(isDeployment ? workspaceID : `${workspaceID} ${input.ApplicationId}`);
  const { associations, state, tags } = told;
  const objections: Objection[] = [];
  if (associations === undefined || now - associations.at > FRESH) {
    objections.push({ rule: 'FreshRead', message: 'the associations of the WorkSpace were not read before' });
  } else if (changed !== undefined && associations.sentAt < changed) {
    objections.push({ rule: 'FreshRead', message: 'the associations were not read since they were changed' });
  }
  if (tags === undefined || now - tags.at > RUN || state === undefined || now - state.at > RUN) {
    objections.push({ rule: 'FreshRead', message: 'the tags and the state of the WorkSpace were not read before' });
  }
  if ('wsap.dev/protect' in (tags?.value ?? {})) {
    objections.push({ rule: 'Protected', message: 'the WorkSpace is protected' });
  }
  if (!['AVAILABLE', 'STOPPED'].includes(state?.value ?? '')) {
    objections.push({ rule: 'NotReady', message: `the WorkSpace is ${state?.value}` });
  }
  return objections;
}
