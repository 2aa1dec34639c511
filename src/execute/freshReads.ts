import type { Workspace } from '../fleet/model.ts';
import type { Precondition } from '../fleet/ports.ts';
import { type FreshAssociations, readAssociations } from '../inventory/readThrough.ts';
import type { RecentWorkspace } from '../inventory/recentReads.ts';
import type { PastChanges } from '../plan/backoff.ts';
import { waitsForUsers } from '../policy/policy.ts';
import type { ExecuteContext } from './context.ts';

/** Maximum age of the reads before a change when the change is sent. */
const MAX_READ_AGE_MS = 60_000;
/** Maximum age of the connection of a user when a deployment, which ends the session, is sent. */
const MAX_CONNECTION_AGE_MS = 20_000;
/** Maximum ages of reads at the start of the calls for a WorkSpace. The rest of the maximum age is for the calls themselves. */
const WORKSPACE_AGE_AT_START_MS = 45_000;
const CONNECTION_AGE_AT_START_MS = 14_000;

/** The current state of a WorkSpace. */
export interface FreshWorkspace {
  /** WorkSpace with its tags, and with its connection if it is required. Undefined if it doesn't exist. */
  readonly workspace: Workspace | undefined;
  readonly associations: FreshAssociations;
  /** Earlier changes, without the changes that this run sends. */
  readonly past: PastChanges;
  /** Whether the reads are recent enough for a change that is sent now. */
  readonly isFresh: Precondition;
}

/** The changes that a run is about to make on a WorkSpace. */
interface Target {
  readonly workspaceID: string;
  /** WorkSpaces that the run changes next. */
  readonly next: readonly string[];
}

/**
 * Returns what is known of a WorkSpace without a read of its own: its associations in the snapshot, and its state, tags, and connection,
 * which are read for several WorkSpaces at once. This suffices to hold changes, but not to make them.
 */
export async function readTogether(target: Target, context: ExecuteContext): Promise<FreshWorkspace> {
  const recent = await readRecent(target, context);
  const associations = context.snapshot.associations.get(target.workspaceID) ?? new Map();
  return freshWorkspace(target, recent, associations, Number.NEGATIVE_INFINITY, context);
}

/**
 * Reads the associations of a WorkSpace. The other data of the WorkSpace is at most a minute old.
 *
 * @param precedesDeployment whether a deployment follows without another read, so that the connection must be only seconds old
 */
export async function readFresh(
  target: Target,
  precedesDeployment: boolean,
  context: ExecuteContext,
): Promise<FreshWorkspace> {
  const { clock } = context;
  const readFrom = clock.monotonic();
  const associations = await readAssociations(target.workspaceID, context);
  const recent = await readRecent(target, context);
  const fresh = freshWorkspace(target, recent, associations, readFrom, context);
  const isConnectionFresh = () => clock.monotonic() - recent.connectionReadFrom < MAX_CONNECTION_AGE_MS;
  return precedesDeployment ? { ...fresh, isFresh: () => fresh.isFresh() && isConnectionFresh() } : fresh;
}

/** Reads the associations again directly before a deployment that completes changes of this run. */
export async function rereadBeforeDeploy(
  { past }: FreshWorkspace,
  target: Target,
  context: ExecuteContext,
): Promise<FreshWorkspace> {
  const fresh = await readFresh(target, true, context);
  return { ...fresh, past: { ...past, started: context.history.started.viewOf(target.workspaceID) } };
}

function readRecent({ workspaceID, next }: Target, context: ExecuteContext): Promise<RecentWorkspace> {
  const maxAges = {
    workspace: WORKSPACE_AGE_AT_START_MS,
    connection: needsConnection(context) ? CONNECTION_AGE_AT_START_MS : undefined,
  };
  return context.inventory.recent.read(workspaceID, next, maxAges, context);
}

function freshWorkspace(
  { workspaceID }: Target,
  { workspace, readFrom, connectionReadFrom }: RecentWorkspace,
  associations: FreshAssociations,
  associationsReadFrom: number,
  { history, policy, isPlanCurrent, clock }: ExecuteContext,
): FreshWorkspace {
  const oldest = Math.min(readFrom, connectionReadFrom, associationsReadFrom);
  return {
    workspace,
    associations,
    past: history.viewOf(workspaceID, policy, associations.keys()),
    isFresh: () => isPlanCurrent() && clock.monotonic() - oldest < MAX_READ_AGE_MS,
  };
}

/** Whether changes depend on the connection of the user. */
function needsConnection({ policy, policies }: ExecuteContext): boolean {
  return (
    waitsForUsers(policy) ||
    policies.some(({ workspaceSelector }) => workspaceSelector.lastConnectedBefore !== undefined)
  );
}
