import { PAGE_SIZE } from '../fleet/ports.ts';

/** How many calls a listing of so many takes. */
export function pagesFor(count: number): number {
  return Math.max(1, Math.ceil(count / PAGE_SIZE));
}

/** What each way of reading costs, in calls. What was read lately enough costs nothing; what was never listed counts as one page. */
export interface QueryCosts {
  /** Lists the WorkSpaces anew. */
  readonly listing: number;
  /** Lists the associations of each application. */
  readonly byApplication: number;
  /** Reads the associations of each WorkSpace. */
  readonly byWorkspace: number;
  /** Reads the WorkSpaces that have one of the applications; undefined where the others matter, too. */
  readonly associated: number | undefined;
}

/** The cheapest reads that tell all that has to be known, as data. */
export interface QueryPlan {
  /**
   * `ListAll`: DescribeWorkspaces for all of them. `ReadMatching`: only for those that have one of the applications; the others are as
   * in the last listing.
   */
  readonly workspaces: 'ListAll' | 'ReadMatching';
  /** Through DescribeApplicationAssociations, or through DescribeWorkspaceAssociations. */
  readonly associations: 'ByApplication' | 'ByWorkspace';
  /** The estimate. */
  readonly calls: number;
}

/** Chooses the fewest calls; of equal ones those that tell more. */
export function planQueries({ listing, byApplication, byWorkspace, associated }: QueryCosts): QueryPlan {
  const options: QueryPlan[] = [
    { workspaces: 'ListAll', associations: 'ByApplication', calls: listing + byApplication },
    { workspaces: 'ListAll', associations: 'ByWorkspace', calls: listing + byWorkspace },
  ];
  if (associated !== undefined) {
    options.push({ workspaces: 'ReadMatching', associations: 'ByApplication', calls: byApplication + associated });
  }
  return options.reduce((best, option) => (option.calls < best.calls ? option : best));
}
