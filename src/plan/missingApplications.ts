import type { Application, Workspace } from '../fleet/model.ts';
import { isUninstall } from '../fleet/states.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';
import { nameOf } from './compatibility.ts';
import type { EffectiveRequests } from './effectiveRequests.ts';
import { formatMatcher, resolveApplications } from './resolution.ts';

/** An application that the policies require on a WorkSpace, or may require, and that isn't known to be installed there. */
export interface MissingApplication {
  readonly application: Application;
  /** Explanation of the verdict of the policies. */
  readonly because: string;
  readonly unredacted?: string | undefined;
  /** Why nobody knows whether the operator can install it. Undefined if the policies require it. */
  readonly uncertain?: string | undefined;
}

/** What the missing applications depend on. */
export interface MissingInputs {
  readonly policy: Policy;
  readonly effective: EffectiveRequests;
  readonly snapshot: Pick<Snapshot, 'applications' | 'associations' | 'gaps'>;
}

/** Returns the missing applications of a WorkSpace: applications that AWS lists, and entries that match none. */
export function missingApplications(workspace: Workspace, inputs: MissingInputs): MissingApplication[] {
  const { policy, effective, snapshot } = inputs;
  const { required: own, missingRequired } = resolveApplications(policy, snapshot.applications);
  return [
    ...[...new Set([...own, ...effective.requiredByOthers()])].flatMap((one) => missingOn(workspace, one, inputs)),
    ...missingRequired.map(unmatchedEntry),
  ];
}

function missingOn(
  workspace: Workspace,
  application: Application,
  { effective, snapshot }: MissingInputs,
): MissingApplication[] {
  const { applicationID } = application;
  const current = snapshot.associations.get(workspace.workspaceID)?.get(applicationID);
  if (current !== undefined && (current.state === 'COMPLETED' || isUninstall(current))) {
    return [];
  }
  const { verdict, because = '', unredacted, isUndecided } = effective.evaluate(workspace, application) ?? {};
  const isUnread = current === undefined && snapshot.gaps?.applications.has(applicationID) === true;
  const name = nameOf(application);
  if (isUndecided === true || verdict === 'Conflict') {
    const uncertain = `${name}, which may replace it, isn't installed`;
    return effective.mayRequire(workspace, application) ? [{ application, because, unredacted, uncertain }] : [];
  }
  if (verdict !== 'Required') {
    return [];
  }
  const uncertain = isUnread ? `the associations of ${name}, which may replace it, can't be read` : undefined;
  return [{ application, because, unredacted, uncertain }];
}

/** An entry that matches no application usually contains a typo, or AWS doesn't offer the application in the region. */
function unmatchedEntry(matcher: ApplicationMatcher): MissingApplication {
  return {
    application: 'id' in matcher ? { applicationID: matcher.id } : { applicationID: '', name: matcher.name },
    because: 'check the spelling or remove the entry',
    uncertain: `no application matches required ${formatMatcher(matcher)}, which may replace it`,
  };
}
