import { objectKey } from '../../src/kube/resource.ts';
import type { EventDelivery } from './cloud/eventDelivery.ts';
import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster, StoredObject } from './cluster/simulatedCluster.ts';
import type { Action } from './schedule.ts';
import type { SimulatedTime } from './time.ts';
import type { Watcher } from './watcher.ts';

export const POLICIES = 'workspaceapplicationpolicies';
export const NAMESPACE = 'desktops';
const REQUESTED_AT = 'wsap.dev/reconcile-requested-at';
const APPROVED_PLAN = 'wsap.dev/approved-plan';

/** Names of the events of actions. AWS sends none when the state or the connection of a WorkSpace changes without a call. */
const EVENTS: Readonly<Partial<Record<Action['do'], string>>> = {
  Rebuild: 'RebuildWorkspaces',
  Terminate: 'TerminateWorkspaces',
  Migrate: 'MigrateWorkspace',
  Deploy: 'DeployWorkspaceApplications',
  Protect: 'CreateTags',
  Unprotect: 'DeleteTags',
  Associate: 'AssociateWorkspaceApplication',
  Disassociate: 'DisassociateWorkspaceApplication',
};

/**
 * Everything that changes the simulated world except the operator: authors of policies and fleets, users of the
 * AWS console, and AWS itself.
 */
export class Actors {
  readonly #time: SimulatedTime;
  readonly #cluster: SimulatedCluster;
  readonly #cloud: SimulatedCloud;
  readonly #watcher: Watcher;
  readonly #events: EventDelivery | undefined;
  #published = 0;
  /** Copies of policies by key. */
  readonly #backups = new Map<string, StoredObject>();

  constructor(
    time: SimulatedTime,
    cluster: SimulatedCluster,
    cloud: SimulatedCloud,
    watcher: Watcher,
    events?: EventDelivery,
  ) {
    this.#events = events;
    this.#time = time;
    this.#cluster = cluster;
    this.#cloud = cloud;
    this.#watcher = watcher;
  }

  perform(action: Action): void {
    const { simulated } = this.#cloud;
    const workspace = 'workspaceID' in action ? this.#cloud.workspace(action.workspaceID) : undefined;
    if ('workspaceID' in action) {
      if (workspace === undefined) {
        return;
      }
      this.#watcher.observed.recordChangeByOthers(action.workspaceID);
    }
    switch (action.do) {
      case 'Apply':
        this.#cluster.apply(POLICIES, manifest('WorkspaceApplicationPolicy', action.name, action.spec, NAMESPACE));
        return;
      case 'Delete':
        this.#watcher.policyDeleted(`${NAMESPACE}/${action.name}`);
        this.#cluster.remove(POLICIES, `${NAMESPACE}/${action.name}`);
        return;
      case 'Request':
        this.#cluster.annotate(POLICIES, `${NAMESPACE}/${action.name}`, {
          [REQUESTED_AT]: String(this.#time.elapsed),
        });
        return;
      case 'Approve':
        this.approve();
        return;
      case 'Resume':
        this.resume();
        return;
      case 'Backup':
        this.#cluster.list(POLICIES).forEach((object) => void this.#backups.set(objectKey(object.metadata), object));
        return;
      case 'ApproveFromBackup': {
        const key = `${NAMESPACE}/${action.name}`;
        const object = this.#cluster.get(POLICIES, key);
        if (object !== undefined) {
          this.#approve(object, this.#backups.get(key));
        }
        return;
      }
      case 'Restore':
        this.#restore(`${NAMESPACE}/${action.name}`, action.withStatus);
        return;
      case 'Fleet':
        this.#cluster.apply('workspacefleets', manifest('WorkspaceFleet', 'emea', action.spec));
        return;
      case 'Label':
        this.#cluster.apply('namespaces', { kind: 'Namespace', metadata: { name: NAMESPACE, labels: action.labels } });
        return;
      case 'Rebuild':
        // AWS reinstalls the applications of the image.
        for (const applicationID of this.#cloud.initialApplications.get(action.workspaceID) ?? []) {
          const state = workspace?.associations.get(applicationID)?.state ?? 'REMOVED';
          if (state === 'REMOVED' || state.includes('UNINSTALL')) {
            simulated.putAssociation(action.workspaceID, applicationID);
          }
        }
        break;
      case 'Migrate':
        simulated.migrateWorkspace(action.workspaceID, action.newID);
        if (this.#cloud.failedOn.has(action.workspaceID)) {
          this.#cloud.failedOn.add(action.newID);
        }
        break;
      case 'Terminate':
        simulated.terminateWorkspace(action.workspaceID);
        break;
      case 'Protect':
        simulated.setWorkspace(action.workspaceID, { tags: { ...workspace?.tags, 'wsap.dev/protect': 'yes' } });
        break;
      case 'Unprotect': {
        const { 'wsap.dev/protect': _, ...tags } = workspace?.tags ?? {};
        simulated.setWorkspace(action.workspaceID, { tags });
        break;
      }
      case 'State':
        simulated.setWorkspace(action.workspaceID, { state: action.state });
        break;
      case 'Connection':
        simulated.setWorkspace(action.workspaceID, { connection: action.connection });
        break;
      default:
        this.#performInConsole(action);
    }
    this.#cloud.changed();
    if ('workspaceID' in action) {
      this.#publish(action);
    }
  }

  /** Publishes the event of an action. AWS also publishes those of rejected calls, which cause no read. */
  #publish(action: Extract<Action, { readonly workspaceID: string }>): void {
    const name = EVENTS[action.do];
    if (name !== undefined) {
      const newID = 'newID' in action ? action.newID : undefined;
      this.#events?.publish({ name, workspaceID: action.workspaceID, newID }, `console-${++this.#published}`);
    }
  }

  /** Makes a change in the AWS console. AWS may reject it. */
  #performInConsole(
    action: Extract<
      Action,
      { do: 'Associate' | 'Disassociate' | 'Deploy' | 'Rebuild' | 'Terminate' | 'Protect' | 'Unprotect' }
    >,
  ): void {
    try {
      if (action.do === 'Deploy') {
        this.#watcher.deployedByOthers(action.workspaceID);
        this.#cloud.simulated.call('DeployWorkspaceApplications', { WorkspaceId: action.workspaceID });
        // The operator may not know of this deployment yet.
        this.#watcher.observed.deployedFor.delete(action.workspaceID);
      } else if ('applicationID' in action) {
        const input = { WorkspaceId: action.workspaceID, ApplicationId: action.applicationID };
        this.#cloud.simulated.call(`${action.do}WorkspaceApplication`, input);
      }
    } catch {
      // Rejected.
    }
  }

  /** Approves every plan that a status shows. */
  approve(): void {
    this.#cluster.list(POLICIES).forEach((object) => void this.#approve(object, object));
  }

  /** Approves the plan that the status of a version of a policy shows. The same value twice is no new approval. */
  #approve(object: StoredObject, version: StoredObject | undefined): void {
    const { id } = (version?.status?.plan ?? {}) as { id?: string };
    if (version !== undefined && id !== undefined && id !== object.metadata.annotations?.[APPROVED_PLAN]) {
      const key = objectKey(object.metadata);
      this.#watcher.planApproved(key, object, id, version);
      this.#cluster.annotate(POLICIES, key, { [APPROVED_PLAN]: id });
    }
  }

  /** Replaces a policy by its copy. A tool for backups creates the object, and then writes its status. */
  #restore(key: string, withStatus: boolean): void {
    const backup = this.#backups.get(key);
    if (backup === undefined) {
      return;
    }
    const { status = {}, ...rest } = backup;
    this.#watcher.policyDeleted(key);
    this.#cluster.remove(POLICIES, key);
    this.#cluster.apply(POLICIES, rest);
    if (withStatus) {
      this.#cluster.update(POLICIES, { ...(this.#cluster.get(POLICIES, key) as StoredObject), status });
    }
  }

  /** Resumes every rollout that failed deployments halted. */
  resume(): void {
    for (const { metadata, status } of this.#cluster.list(POLICIES)) {
      if ((status?.rollout as { halted?: boolean } | undefined)?.halted === true) {
        this.#cluster.annotate(POLICIES, `${NAMESPACE}/${metadata.name}`, {
          'wsap.dev/resume-requested-at': String(this.#time.elapsed),
        });
      }
    }
  }

  /** Approves every proposed plan, resumes every halted rollout, and requests a run of every policy. */
  approveAndRequestRuns(): void {
    this.approve();
    this.resume();
    for (const { metadata } of this.#cluster.list(POLICIES)) {
      this.perform({ do: 'Request', name: metadata.name });
    }
  }

  /** Policies with a requested run that they can make but haven't made yet. */
  get pendingRequests(): string[] {
    return this.#cluster
      .list(POLICIES)
      .filter(({ metadata: { annotations }, status }) => {
        const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
        const isStalled = conditions.some(({ type, status: is }) => type === 'Stalled' && is === 'True');
        return !isStalled && annotations?.[REQUESTED_AT] !== status?.lastHandledReconcileAt;
      })
      .map(({ metadata }) => `${metadata.name} has not made the requested run`);
  }
}

export function manifest(kind: string, name: string, spec: object, namespace?: string): StoredObject {
  return {
    apiVersion: 'wsap.dev/v1alpha1',
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: structuredClone(spec) as Record<string, unknown>,
  };
}
