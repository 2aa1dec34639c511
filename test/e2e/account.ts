import type { Simulator } from '../../src/simulator/start.ts';

/** Returns the IDs of the WorkSpaces of a simulated account that have an application. */
export function having({ simulated }: Simulator, applicationID: string): string[] {
  return simulated.workspaces.flatMap(({ workspaceID }) => {
    const answer = simulated.call('DescribeWorkspaceAssociations', {
      WorkspaceId: workspaceID,
      AssociatedResourceTypes: ['APPLICATION'],
    }) as { Associations?: { AssociatedResourceId?: string; State?: string }[] };
    const found = answer.Associations?.find(({ AssociatedResourceId }) => AssociatedResourceId === applicationID);
    return found?.State === 'COMPLETED' ? [workspaceID] : [];
  });
}

/** Returns the removals that were made in a simulated account, sorted: `ws-… wsa-…`. */
export function removals({ calls }: Simulator): string[] {
  return calls
    .list()
    .filter(({ operation, done }) => done && operation === 'DisassociateWorkspaceApplication')
    .map(({ input }) => {
      const { WorkspaceId, ApplicationId } = input as { WorkspaceId: string; ApplicationId: string };
      return `${WorkspaceId} ${ApplicationId}`;
    })
    .sort();
}
