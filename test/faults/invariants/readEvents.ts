import type { DeliveredEvent } from '../cloud/eventDelivery.ts';
import type { SentCall } from '../cloud/traffic.ts';
import type { SimulatedProcess } from '../process.ts';
import type { UntimedViolation } from '../violation.ts';

/** Events after which the associations of a WorkSpace can differ. */
const CHANGES_ASSOCIATIONS: ReadonlySet<string> = new Set([
  'AssociateWorkspaceApplication',
  'DisassociateWorkspaceApplication',
  'DeployWorkspaceApplications',
  'RebuildWorkspaces',
  'TerminateWorkspaces',
  'MigrateWorkspace',
]);

interface Reads {
  /** Times of the last reads by WorkSpace, in milliseconds from the start. */
  readonly workspaces: Map<string, number>;
  /** Time of the last listing of WorkSpaces or of associations. */
  listedAt: number;
  /** Request IDs of the accepted changes. */
  readonly changes: Set<string>;
}

/** Reads of each process, to compare them with the events whose messages it deletes. */
export class ReadEvents {
  readonly #reads = new Map<SimulatedProcess, Reads>();

  /** Records the response to a read, or to a change with its request ID. */
  record({ process, operation, input, at, requestID }: SentCall): void {
    const reads = this.#reads.get(process) ?? { workspaces: new Map(), listedAt: -1, changes: new Set() };
    this.#reads.set(process, reads);
    if (operation === 'DescribeWorkspaceAssociations') {
      reads.workspaces.set(String(input.WorkspaceId), at);
    } else if (operation === 'DescribeApplicationAssociations') {
      reads.listedAt = Math.max(reads.listedAt, at);
    } else if (operation === 'DescribeWorkspaces') {
      // The operator doesn't read the associations of a WorkSpace that doesn't exist, or that no policy selects.
      const ids = input.WorkspaceIds as readonly string[] | undefined;
      ids?.forEach((id) => void reads.workspaces.set(id, at));
      reads.listedAt = ids === undefined ? Math.max(reads.listedAt, at) : reads.listedAt;
    } else {
      reads.changes.add(requestID);
    }
  }

  /** Checks that a process has read a WorkSpace since an event whose message it deletes. */
  violations(
    process: SimulatedProcess,
    workspaceID: string,
    { name, at, requestID }: DeliveredEvent,
  ): UntimedViolation[] {
    const reads = this.#reads.get(process);
    const isOwn = requestID !== undefined && reads?.changes.has(requestID) === true;
    const readAt = Math.max(reads?.workspaces.get(workspaceID) ?? -1, reads?.listedAt ?? -1);
    return !CHANGES_ASSOCIATIONS.has(name) || isOwn || readAt >= at
      ? []
      : [
          {
            rule: 'UnreadEvent',
            message: `the process deleted the event ${name} of ${workspaceID} without a read since`,
          },
        ];
  }
}
