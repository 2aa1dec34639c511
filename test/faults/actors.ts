import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster, Stored } from './cluster/simulatedCluster.ts';
import type { Act } from './schedule.ts';
import type { SimulatedTime } from './time.ts';
import type { Watcher } from './watcher.ts';

export const POLICIES = 'workspaceapplicationpolicies';
export const NAMESPACE = 'desktops';
const REQUESTED_AT = 'wsap.dev/reconcile-requested-at';

/** Everybody but the operator: who writes policies and fleets, who uses AWS's console, and what becomes of WorkSpaces by itself. */
export class Actors {
  readonly #time: SimulatedTime;
  readonly #cluster: SimulatedCluster;
  readonly #cloud: SimulatedCloud;
  readonly #watcher: Watcher;

  constructor(time: SimulatedTime, cluster: SimulatedCluster, cloud: SimulatedCloud, watcher: Watcher) {
    this.#time = time;
    this.#cluster = cluster;
    this.#cloud = cloud;
    this.#watcher = watcher;
  }

  act(act: Act): void {
    const { simulated } = this.#cloud;
    const workspace = 'workspaceID' in act ? this.#cloud.workspace(act.workspaceID) : undefined;
    if ('workspaceID' in act) {
      if (workspace === undefined) {
        return;
      }
      this.#watcher.observed.disturbedAt.set(act.workspaceID, this.#time.elapsed);
    }
    switch (act.do) {
      case 'Apply':
        this.#cluster.apply(POLICIES, manifest('WorkspaceApplicationPolicy', act.name, act.spec, NAMESPACE));
        return;
      case 'Delete':
        this.#watcher.policyDeleted(`${NAMESPACE}/${act.name}`);
        this.#cluster.remove(POLICIES, `${NAMESPACE}/${act.name}`);
        return;
      case 'Request':
        this.#cluster.annotate(POLICIES, `${NAMESPACE}/${act.name}`, {
          [REQUESTED_AT]: String(this.#time.elapsed),
        });
        return;
      case 'Approve':
        this.approve();
        return;
      case 'Fleet':
        this.#cluster.apply('workspacefleets', manifest('WorkspaceFleet', 'emea', act.spec));
        return;
      case 'Label':
        this.#cluster.apply('namespaces', { kind: 'Namespace', metadata: { name: NAMESPACE, labels: act.labels } });
        return;
      case 'Rebuild':
        // AWS installs again what was removed.
        for (const applicationID of this.#cloud.firstHad.get(act.workspaceID) ?? []) {
          const state = workspace?.associations.get(applicationID)?.state ?? 'REMOVED';
          if (state === 'REMOVED' || state.includes('UNINSTALL')) {
            simulated.putAssociation(act.workspaceID, applicationID);
          }
        }
        break;
      case 'Migrate':
        simulated.migrateWorkspace(act.workspaceID, act.newId);
        if (this.#cloud.failedOn.has(act.workspaceID)) {
          this.#cloud.failedOn.add(act.newId);
        }
        break;
      case 'Terminate':
        simulated.terminateWorkspace(act.workspaceID);
        break;
      case 'Protect':
        simulated.setWorkspace(act.workspaceID, { tags: { ...workspace?.tags, 'wsap.dev/protect': 'yes' } });
        break;
      case 'Unprotect': {
        const { 'wsap.dev/protect': _, ...tags } = workspace?.tags ?? {};
        simulated.setWorkspace(act.workspaceID, { tags });
        break;
      }
      case 'State':
        simulated.setWorkspace(act.workspaceID, { state: act.state });
        break;
      case 'Connection':
        simulated.setWorkspace(act.workspaceID, { connection: act.connection });
        break;
      default:
        this.#byHand(act);
    }
    this.#cloud.changed();
  }

  /** In the console, which AWS may refuse. */
  #byHand(
    act: Extract<
      Act,
      { do: 'Associate' | 'Disassociate' | 'Deploy' | 'Rebuild' | 'Terminate' | 'Protect' | 'Unprotect' }
    >,
  ): void {
    try {
      if (act.do === 'Deploy') {
        this.#cloud.simulated.call('DeployWorkspaceApplications', { WorkspaceId: act.workspaceID });
      } else if ('applicationID' in act) {
        const input = { WorkspaceId: act.workspaceID, ApplicationId: act.applicationID };
        this.#cloud.simulated.call(`${act.do}WorkspaceApplication`, input);
      }
    } catch {
      // Refused.
    }
  }

  /** A person reads each status, and approves the plan that it shows. */
  approve(): void {
    for (const object of this.#cluster.list(POLICIES)) {
      const { name, namespace } = object.metadata;
      const id = (object.status?.plan as { id?: string } | undefined)?.id;
      if (id !== undefined) {
        this.#watcher.approved(`${namespace}/${name}`, object);
        this.#cluster.annotate(POLICIES, `${namespace}/${name}`, { 'wsap.dev/approved-plan': id });
      }
    }
  }

  /** Approves what is proposed, and asks every policy for a run. */
  applyToAll(): void {
    this.approve();
    for (const { metadata } of this.#cluster.list(POLICIES)) {
      this.act({ do: 'Request', name: metadata.name });
    }
  }

  /** The policies that have been asked for a run, can give one, and haven't yet. */
  get unanswered(): string[] {
    return this.#cluster
      .list(POLICIES)
      .filter(({ metadata: { annotations }, status }) => {
        const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
        const isStalled = conditions.some(({ type, status: is }) => type === 'Stalled' && is === 'True');
        return !isStalled && annotations?.[REQUESTED_AT] !== status?.lastHandledReconcileAt;
      })
      .map(({ metadata }) => `${metadata.name} has not been run as it was asked to`);
  }
}

export function manifest(kind: string, name: string, spec: object, namespace?: string): Stored {
  return {
    apiVersion: 'wsap.dev/v1alpha1',
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: structuredClone(spec) as Record<string, unknown>,
  };
}
