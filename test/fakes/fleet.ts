import { FleetError, type FleetErrorKind } from '../../src/fleet/errors.ts';
import type {
  Application,
  Association,
  Bundle,
  ContainedApplication,
  Workspace,
  WorkspaceConnection,
} from '../../src/fleet/model.ts';
import type { BundleReader, CallRecorder, Fleet, Precondition, WorkspaceQuery } from '../../src/fleet/ports.ts';
import { type FakeCall, type FakeMethod, type FaultTarget, InjectedFaults } from './faults.ts';
import { type FakeFleetSeed, FleetState } from './fleetState.ts';

const CHANGES: ReadonlySet<FakeMethod> = new Set([
  'associateWorkspaceApplication',
  'disassociateWorkspaceApplication',
  'deployWorkspaceApplications',
]);
/** Temporary states of a WorkSpace. */
const TEMPORARY_STATES = new Set([
  'PENDING',
  'REBOOTING',
  'STARTING',
  'STOPPING',
  'REBUILDING',
  'RESTORING',
  'UPDATING',
]);

/** A fleet in memory. The contract suite verifies that it behaves like AWS. */
export class FakeFleet extends FleetState implements Fleet, BundleReader {
  /** All calls in order, including reads and failed calls. */
  readonly calls: FakeCall[] = [];
  readonly #faults = new InjectedFaults();
  readonly #rejectedIDs = new Set<string>();

  constructor(seed: FakeFleetSeed = {}) {
    super(seed);
  }

  /** Calls that change something. */
  get mutations(): FakeCall[] {
    return this.calls.filter(({ method }) => CHANGES.has(method));
  }

  /** Returns the mutations as text, for example, "disassociate ws-1 wsa-2" and "deploy ws-1". */
  changes(): string[] {
    return this.mutations.map(({ method, workspaceID, applicationID }) =>
      [method.replace(/Workspace.*/, ''), workspaceID, applicationID].filter((part) => part !== undefined).join(' '),
    );
  }

  /** Returns the IDs of the WorkSpaces with mutations in ascending order. */
  changedWorkspaces(): string[] {
    return [...new Set(this.mutations.flatMap(({ workspaceID }) => workspaceID ?? []))].sort();
  }

  /** Returns the number of calls of a method. */
  callCount(method: FakeMethod): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** Makes the next call of a method fail once. With `carriedOut`, the change is applied and only its response is lost. */
  failNext(method: FakeMethod, error: FleetError | FleetErrorKind, target: FaultTarget = {}): void {
    this.#faults.add({ method, error, target });
  }

  /** Makes AWS reject each read by ID that contains this WorkSpace. */
  rejectID(workspaceID: string): void {
    this.#rejectedIDs.add(workspaceID);
  }

  async describeWorkspaces(query: WorkspaceQuery): Promise<Workspace[]> {
    this.#arrive({ method: 'describeWorkspaces' });
    const ids = 'workspaceIDs' in query ? query.workspaceIDs : [];
    if (ids.length > 0 && ids.every((id) => this.#rejectedIDs.has(id))) {
      throw failure('InvalidParameterValues', 'DescribeWorkspaces', ids.join(' '), 'the ID is rejected');
    }
    const rejected = ids.filter((id) => this.#rejectedIDs.has(id));
    const marked = rejected.map((workspaceID) => ({ workspaceID, untrusted: 'AWS rejects its ID' }));
    const found = this.workspaces.filter((workspace) => {
      if ('workspaceIDs' in query) {
        return query.workspaceIDs.includes(workspace.workspaceID);
      }
      if ('bundleID' in query) {
        return workspace.bundleID === query.bundleID;
      }
      return 'all' in query || workspace.directoryID === query.directoryID;
    });
    return [...found.filter(({ workspaceID }) => !rejected.includes(workspaceID)), ...marked];
  }

  async describeApplications(query: { readonly applicationIDs?: readonly string[] }): Promise<Application[]> {
    this.#arrive({ method: 'describeApplications' });
    return this.applications.filter(({ applicationID }) => query.applicationIDs?.includes(applicationID) ?? true);
  }

  async describeApplicationAssociations(applicationID: string): Promise<Association[]> {
    this.#arrive({ method: 'describeApplicationAssociations', applicationID });
    this.#requireApplication('DescribeApplicationAssociations', applicationID);
    return this.associations.filter((association) => association.applicationID === applicationID);
  }

  async describeWorkspaceAssociations(workspaceID: string): Promise<Association[]> {
    this.#arrive({ method: 'describeWorkspaceAssociations', workspaceID });
    this.#requireWorkspace('DescribeWorkspaceAssociations', workspaceID);
    return this.associations.filter((association) => association.workspaceID === workspaceID);
  }

  async describeTags(workspaceID: string): Promise<ReadonlyMap<string, string>> {
    this.#arrive({ method: 'describeTags', workspaceID });
    this.#requireWorkspace('DescribeTags', workspaceID);
    return this.tagsOf(workspaceID);
  }

  async getResources(workspaceIDs?: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    this.#arrive({ method: 'getResources' });
    const read = this.workspaces.filter(({ workspaceID }) => workspaceIDs?.includes(workspaceID) ?? true);
    const tagged = read.map(({ workspaceID }) => [workspaceID, this.tagsOf(workspaceID)] as const);
    return new Map(tagged.filter(([, tags]) => tags.size > 0));
  }

  async describeWorkspacesConnectionStatus(workspaceIDs: readonly string[]): Promise<WorkspaceConnection[]> {
    if (workspaceIDs.length === 0) {
      return [];
    }
    this.#arrive({ method: 'describeWorkspacesConnectionStatus' });
    return workspaceIDs.flatMap((workspaceID) => this.connectionOf(workspaceID) ?? []);
  }

  async describeWorkspaceBundles(bundleIDs: readonly string[]): Promise<Bundle[]> {
    if (bundleIDs.length === 0) {
      return [];
    }
    this.#arrive({ method: 'describeWorkspaceBundles' });
    return this.bundles
      .filter(({ bundleID }) => bundleIDs.includes(bundleID))
      .map(({ applications: _, ...bundle }) => bundle);
  }

  async describeBundleAssociations(bundleID: string): Promise<ContainedApplication[]> {
    this.#arrive({ method: 'describeBundleAssociations', containerID: bundleID });
    const bundle = this.bundles.find((one) => one.bundleID === bundleID);
    if (bundle === undefined) {
      throw failure('ResourceNotFound', 'DescribeBundleAssociations', bundleID, 'the bundle does not exist');
    }
    return containedIn(bundle.applications);
  }

  async describeImageAssociations(imageID: string): Promise<ContainedApplication[]> {
    this.#arrive({ method: 'describeImageAssociations', containerID: imageID });
    const applications = this.images.get(imageID);
    if (applications === undefined) {
      throw failure('ResourceNotFound', 'DescribeImageAssociations', imageID, 'the image does not exist');
    }
    return containedIn(applications);
  }

  async associateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association | undefined> {
    await beginSending('AssociateWorkspaceApplication', precondition, recorder);
    const answer = this.#arrive({ method: 'associateWorkspaceApplication', workspaceID, applicationID }, recorder);
    const operation = 'AssociateWorkspaceApplication';
    this.#requireWorkspace(operation, workspaceID);
    const { state } = this.#requireApplication(operation, applicationID);
    const association = this.association(workspaceID, applicationID);
    const resource = `${workspaceID}/${applicationID}`;
    if (state !== 'AVAILABLE' && association?.state !== 'PENDING_UNINSTALL_DEPLOYMENT') {
      throw failure('Incompatible', operation, resource, `the application is ${state}`);
    }
    switch (association?.state) {
      case undefined:
      case 'REMOVED':
      case 'ERROR':
        return answer(this.put({ workspaceID, applicationID, state: 'PENDING_INSTALL_DEPLOYMENT' }));
      case 'PENDING_UNINSTALL_DEPLOYMENT':
        return answer(this.put({ ...association, state: 'COMPLETED' }));
      case 'COMPLETED':
      case 'PENDING_INSTALL_DEPLOYMENT':
        throw failure('ResourceAlreadyExists', operation, resource, `the association is ${association.state}`);
      default:
        throw failure('ResourceInUse', operation, resource, `the association is ${association?.state}`);
    }
  }

  async disassociateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association | undefined> {
    await beginSending('DisassociateWorkspaceApplication', precondition, recorder);
    const answer = this.#arrive({ method: 'disassociateWorkspaceApplication', workspaceID, applicationID }, recorder);
    const operation = 'DisassociateWorkspaceApplication';
    this.#requireWorkspace(operation, workspaceID);
    this.#requireApplication(operation, applicationID);
    const association = this.association(workspaceID, applicationID);
    const resource = `${workspaceID}/${applicationID}`;
    switch (association?.state) {
      case 'COMPLETED':
      case 'ERROR':
        return answer(this.put({ ...association, state: 'PENDING_UNINSTALL_DEPLOYMENT', stateReason: undefined }));
      case 'PENDING_INSTALL_DEPLOYMENT':
        return answer(this.put({ ...association, state: 'REMOVED' }));
      case undefined:
      case 'REMOVED':
        throw failure('ResourceNotFound', operation, resource, 'the application is not associated');
      default:
        throw failure('ResourceInUse', operation, resource, `the association is ${association?.state}`);
    }
  }

  async deployWorkspaceApplications(
    workspaceID: string,
    { force }: { readonly force: boolean },
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association[]> {
    await beginSending('DeployWorkspaceApplications', precondition, recorder);
    const answer = this.#arrive({ method: 'deployWorkspaceApplications', workspaceID, force }, recorder);
    const operation = 'DeployWorkspaceApplications';
    const workspace = this.#requireWorkspace(operation, workspaceID);
    if (workspace.state !== 'AVAILABLE' && workspace.state !== 'STOPPED') {
      const kind = TEMPORARY_STATES.has(workspace.state ?? '') ? 'ResourceInUse' : 'OperationNotSupported';
      throw failure(kind, operation, workspaceID, `the WorkSpace is ${workspace.state}`);
    }
    const pending = this.associations.filter(
      (one) =>
        one.workspaceID === workspaceID && (one.state?.endsWith('_DEPLOYMENT') || (force && one.state === 'ERROR')),
    );
    if (pending.length === 0) {
      throw failure('InvalidParameterValues', operation, workspaceID, 'no change is pending');
    }
    return answer(this.beginDeployment(workspace, pending));
  }

  /** Records a call and throws an injected error. Returns a function for the response, which throws if the response is lost. */
  #arrive(call: FakeCall, recorder?: CallRecorder): <T>(answer: T) => T {
    this.calls.push(call);
    const fault = this.#faults.strike(call);
    if (fault === undefined) {
      recorder?.onResponse(`request-${this.calls.length}`);
      return (answer) => answer;
    }
    const { error, carriedOut } = fault;
    if (!carriedOut || !CHANGES.has(call.method)) {
      if (error.kind !== 'Unavailable') {
        recorder?.onResponse(`request-${this.calls.length}`);
      }
      throw error;
    }
    return () => {
      throw error;
    };
  }

  #requireWorkspace(operation: string, workspaceID: string): Workspace {
    const workspace = this.workspace(workspaceID);
    if (workspace === undefined) {
      throw failure('ResourceNotFound', operation, workspaceID, 'the WorkSpace does not exist');
    }
    return workspace;
  }

  #requireApplication(operation: string, applicationID: string): Application {
    const application = this.applications.find((one) => one.applicationID === applicationID);
    if (application === undefined) {
      throw failure('ResourceNotFound', operation, applicationID, 'the application does not exist');
    }
    return application;
  }
}

function containedIn(applicationIDs: readonly string[]): ContainedApplication[] {
  return applicationIDs.map((applicationID) => ({ applicationID, state: 'COMPLETED' }));
}

function failure(kind: FleetErrorKind, operation: string, resource: string, reason: string): FleetError {
  return new FleetError({ kind, operation, resource, reason });
}

async function beginSending(
  operation: string,
  precondition: Precondition | undefined,
  recorder: CallRecorder | undefined,
): Promise<void> {
  checkPrecondition(operation, precondition);
  if (recorder !== undefined) {
    await recorder.beforeSend();
    checkPrecondition(operation, precondition);
  }
}

function checkPrecondition(operation: string, precondition: Precondition | undefined): void {
  if (precondition?.() === false) {
    throw new FleetError({ kind: 'Canceled', operation, reason: 'the precondition no longer holds' });
  }
}
