import { PAGE_SIZE } from '../fleet/ports.ts';

/** Returns the number of calls that a listing of `count` items takes. */
export function pagesFor(count: number): number {
  return Math.max(1, Math.ceil(count / PAGE_SIZE));
}

/** Number of calls for each type of query. Recent results cost nothing, and a listing of unknown size counts as one page. */
export interface QueryCosts {
  /** Calls to list all WorkSpaces. */
  readonly listing: number;
  /** Calls to list the associations of each application. */
  readonly byApplication: number;
  /** Calls to read the associations of each WorkSpace. */
  readonly byWorkspace: number;
  /** Calls to read the WorkSpaces with a matching application. Undefined if the other WorkSpaces are required too. */
  readonly associated: number | undefined;
}

/** The queries that fulfill all requirements with the fewest calls. */
export interface QueryPlan {
  /**
   * `ListAll` lists all WorkSpaces. `ReadMatching` reads only WorkSpaces with a matching application, and takes the others from the last
   * listing.
   */
  readonly workspaces: 'ListAll' | 'ReadMatching';
  /** Whether to use DescribeApplicationAssociations or DescribeWorkspaceAssociations. */
  readonly associations: 'ByApplication' | 'ByWorkspace';
  /** Estimated number of calls. */
  readonly calls: number;
}

/** Chooses the queries with the fewest calls. If several need the same number, chooses the one that reads more. */
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
