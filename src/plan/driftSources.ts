import { compareStrings } from '../compare.ts';
import { listsNaming } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { BundleContents } from '../inventory/bundleCache.ts';
import type { Policy } from '../policy/policy.ts';
import type { Plan } from './plan.ts';
import { applicablePolicies, evaluatorFor } from './verdict.ts';

/** A bundle that installs an application which the policy removes. */
export interface DriftSource {
  readonly bundleID: string;
  /** Image of the bundle. Undefined if AWS reports none. */
  readonly imageID: string | undefined;
  readonly application: Application;
  /** Number of selected WorkSpaces of the bundle from which the policy removes the application. */
  readonly workspaces: number;
}

/** Returns the bundles of the selected WorkSpaces whose contents matter to a policy, in ascending order. */
export function bundlesToRead({ denied, unlisted }: Policy, { selected }: Pick<Plan, 'selected'>): string[] {
  const bundleIDs = new Set<string>();
  if (denied.length > 0 || unlisted === 'Disassociate') {
    for (const { bundleID } of selected) {
      if (bundleID !== undefined) {
        bundleIDs.add(bundleID);
      }
    }
  }
  return [...bundleIDs].sort();
}

/**
 * Returns the sources of drift among the bundles of the selected WorkSpaces, those with the most WorkSpaces first. Contains nothing about
 * bundles with unknown contents.
 */
export function driftSources(
  policy: Policy,
  policies: readonly Policy[],
  { selected }: Pick<Plan, 'selected'>,
  applications: ReadonlyMap<string, Application>,
  contentsOf: (bundleID: string) => BundleContents | undefined,
  now: Date,
): DriftSource[] {
  const candidates = bundlesToRead(policy, { selected }).flatMap((bundleID) => {
    const { imageID, applicationIDs = [] } = contentsOf(bundleID) ?? {};
    return applicationIDs
      .map((applicationID) => applications.get(applicationID) ?? { applicationID })
      .filter((application) => policy.unlisted === 'Disassociate' || listsNaming(policy, application).denied)
      .map((application) => ({ bundleID, imageID, application }));
  });
  // Most fleets have no source, and a fleet can have many WorkSpaces.
  if (candidates.length === 0) {
    return [];
  }
  const evaluate = evaluatorFor(applicablePolicies(policy, policies), now);
  const isRemoved = (workspace: Workspace, application: Application) => {
    const { verdict, desired } = evaluate(workspace, application) ?? {};
    return desired === 'Absent' && verdict !== 'Conflict';
  };
  const byBundle = Map.groupBy(selected, ({ bundleID }) => bundleID);
  return candidates
    .map((candidate) => {
      const inBundle = byBundle.get(candidate.bundleID) ?? [];
      return {
        ...candidate,
        workspaces: inBundle.filter((workspace) => isRemoved(workspace, candidate.application)).length,
      };
    })
    .filter(({ workspaces }) => workspaces > 0)
    .sort(
      (a, b) =>
        b.workspaces - a.workspaces ||
        compareStrings(a.bundleID, b.bundleID) ||
        compareStrings(a.application.applicationID, b.application.applicationID),
    );
}

/** Describes a source of drift in a sentence, for example, "bundle wsb-1 contains Visio: 2 WorkSpaces get it back on a rebuild, …". */
export function describeSource({ bundleID, application: { name, applicationID }, workspaces }: DriftSource): string {
  const count = workspaces === 1 ? '1 WorkSpace gets' : `${workspaces} WorkSpaces get`;
  return `bundle ${bundleID} contains ${name ?? applicationID}: ${count} it back on a rebuild, and every new one gets it`;
}
