import { compareStrings } from '../../../compare.ts';
import type { Workspace } from '../../../fleet/model.ts';
import { complete } from '../../../slices.ts';
import type { Assessment } from '../../../status/assessment.ts';
import { type Compliance, complianceOf } from '../../../status/compliance.ts';
import type { PolicyPreview } from '../plan/offlinePlanner.ts';
import type { Prices } from './prices.ts';

/** An application on all selected WorkSpaces. Each WorkSpace counts once. */
export interface ReportedApplication {
  readonly applicationID: string;
  readonly name?: string;
  /** Compliance for this application, over the WorkSpaces of the policies that apply to it. */
  readonly compliance: Compliance;
  /** Number of WorkSpaces with the application. */
  readonly associated: number;
  /** Number of WorkSpaces from which the application is to be removed. */
  readonly toRemove: number;
  /** Number of WorkSpaces on which the application is to be installed. */
  readonly toInstall: number;
  /** Monthly cost on all WorkSpaces with the application. */
  readonly monthlyCost?: number;
}

/** Returns the applications of assessments, of which each association has one. */
export function reportedApplications(
  pairs: readonly Assessment[],
  previews: readonly PolicyPreview[],
  prices: Prices | undefined,
): ReportedApplication[] {
  const byApplication = Map.groupBy(pairs, ({ finding }) => finding.application.applicationID);
  return [...byApplication]
    .map(([applicationID, assessments]) => {
      const name = assessments[0]?.finding.application.name;
      const associated = assessments.filter(isAssociated);
      const isOpen = ({ severity, finding }: Assessment) =>
        severity !== 'Kept' && severity !== 'Removed' && finding.unrequested === undefined;
      const price = prices?.priceOf(applicationID, name);
      return {
        applicationID,
        ...(name !== undefined && { name }),
        compliance: complete(
          complianceOf(
            selectedFor(applicationID, previews),
            assessments,
            undefined,
            assessments.flatMap(({ severity, finding }) => (severity === 'Unknown' ? [finding.workspace] : [])),
          ),
        ),
        associated: associated.length,
        toRemove: associated.filter((one) => one.finding.desired === 'Absent' && isOpen(one)).length,
        toInstall: assessments.filter((one) => one.finding.desired === 'Present' && isOpen(one)).length,
        ...(price !== undefined && { monthlyCost: price * associated.length }),
      };
    })
    .sort(
      (a, b) =>
        b.toRemove - a.toRemove || b.associated - a.associated || compareStrings(a.applicationID, b.applicationID),
    );
}

/** Returns the WorkSpaces of the policies that apply to the application. */
function selectedFor(applicationID: string, previews: readonly PolicyPreview[]): Workspace[] {
  const selected = previews.flatMap(({ result }) =>
    'plan' in result && result.assessments.some(({ finding }) => finding.application.applicationID === applicationID)
      ? result.plan.selected
      : [],
  );
  return distinct(selected);
}

/** Returns each WorkSpace once. */
export function distinct<T extends Pick<Workspace, 'workspaceID'>>(workspaces: readonly T[]): T[] {
  return [...new Map(workspaces.map((workspace) => [workspace.workspaceID, workspace])).values()];
}

function isAssociated({ finding }: Assessment): boolean {
  const { state } = finding.association;
  return state !== undefined && state !== 'REMOVED';
}
