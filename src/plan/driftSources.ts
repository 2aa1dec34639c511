import { compareStrings } from '../compare.ts';
import { listsNaming } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { BundleContents } from '../inventory/bundleCache.ts';
import type { Policy } from '../policy/policy.ts';
import { filterSliced, groupSliced, type Sliced, setSliced } from '../slices.ts';
import type { Plan } from './plan.ts';
import { evaluatorFor } from './verdict.ts';

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
export function* bundlesToRead({ denied, unlisted }: Policy, { selected }: Pick<Plan, 'selected'>): Sliced<string[]> {
  if (denied.length === 0 && unlisted === 'Keep') {
    return [];
  }
  const bundleIDs = yield* setSliced(selected, ({ bundleID }) => bundleID);
  return [...bundleIDs].filter((bundleID) => bundleID !== undefined).sort();
}

/**
 * Returns the sources of drift among the bundles of the selected WorkSpaces, those with the most WorkSpaces first. Contains nothing about
 * bundles with unknown contents.
 */
export function* driftSources(
  policy: Policy,
  peers: readonly Policy[],
  { selected }: Pick<Plan, 'selected'>,
  applications: ReadonlyMap<string, Application>,
  contentsOf: (bundleID: string) => BundleContents | undefined,
  now: Date,
): Sliced<DriftSource[]> {
  const candidates = (yield* bundlesToRead(policy, { selected })).flatMap((bundleID) => {
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
  const evaluate = evaluatorFor(policy, peers, now);
  const isRemoved = (workspace: Workspace, application: Application) => {
    const { verdict, desired } = evaluate(workspace, application) ?? {};
    return desired === 'Absent' && verdict !== 'Conflict';
  };
  const byBundle = yield* groupSliced(selected, ({ bundleID }) => bundleID);
  const sources: DriftSource[] = [];
  for (const candidate of candidates) {
    const inBundle = byBundle.get(candidate.bundleID) ?? [];
    const affected = yield* filterSliced(inBundle, (workspace) => isRemoved(workspace, candidate.application));
    sources.push({ ...candidate, workspaces: affected.length });
  }
  return sources
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
