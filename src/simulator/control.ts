import type { Static, TSchema } from 'typebox';
import type { CallLog } from './callLog.ts';
import {
  ASSOCIATION_CHANGE_SCHEMA,
  MESSAGE_SCHEMA,
  MIGRATION_SCHEMA,
  WORKSPACE_CHANGE_SCHEMA,
} from './controlSchemas.ts';
import { ServiceError } from './errors.ts';
import { FAULT_SCHEMA, type Fault, type Faults } from './faults.ts';
import { presentWorkspace, workspaceSide } from './presentation.ts';
import { problemsOf, showPath } from './schema.ts';
import { milliseconds } from './seed.ts';
import type { SimulatedQueue } from './simulatedQueue.ts';
import type { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import type { JsonObject } from './validate.ts';

/** Path prefix of requests to the simulator itself instead of the simulated service. */
export const CONTROL_PATH = '/_simulator';

export interface ControlTargets {
  readonly simulated: SimulatedWorkSpaces;
  readonly faults: Faults;
  readonly calls: CallLog;
  /** SQS queues by name. */
  readonly queues: ReadonlyMap<string, SimulatedQueue>;
}

/** Rejected request to the control endpoint, with its HTTP status. */
export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly handle: (targets: ControlTargets, ids: string[], body: unknown) => unknown;
}

const FAULTS = /^\/faults$/;
const CALLS = /^\/calls$/;
const WORKSPACES = /^\/workspaces$/;
const WORKSPACE = /^\/workspaces\/([^/]+)$/;
const REBUILD = /^\/workspaces\/([^/]+)\/rebuild$/;
const RESTORE = /^\/workspaces\/([^/]+)\/restore$/;
const MIGRATE = /^\/workspaces\/([^/]+)\/migrate$/;
const QUEUES = /^\/queues$/;
const QUEUE = /^\/queues\/([^/]+)$/;
const MESSAGES = /^\/queues\/([^/]+)\/messages$/;
const ASSOCIATION = /^\/workspaces\/([^/]+)\/applications\/([^/]+)$/;

const ROUTES: readonly Route[] = [
  { method: 'GET', path: FAULTS, handle: ({ faults }) => faults.list() },
  { method: 'PUT', path: FAULTS, handle: ({ faults }, _, body) => faults.replace(faultsIn(body)) },
  { method: 'POST', path: FAULTS, handle: ({ faults }, _, body) => faultsIn([body]).map((fault) => faults.add(fault)) },
  { method: 'DELETE', path: FAULTS, handle: ({ faults }) => faults.clear() },
  { method: 'GET', path: CALLS, handle: ({ calls }) => calls.list() },
  { method: 'DELETE', path: CALLS, handle: ({ calls }) => calls.clear() },
  { method: 'GET', path: WORKSPACES, handle: ({ simulated }) => describeFleet(simulated) },
  {
    method: 'POST',
    path: WORKSPACE,
    handle: ({ simulated }, [workspaceID = ''], body) =>
      simulated.setWorkspace(workspaceID, checked(body, WORKSPACE_CHANGE_SCHEMA)),
  },
  {
    method: 'DELETE',
    path: WORKSPACE,
    handle: ({ simulated }, [workspaceID = '']) => simulated.terminateWorkspace(workspaceID),
  },
  {
    method: 'POST',
    path: REBUILD,
    handle: ({ simulated }, [workspaceID = '']) => simulated.rebuildWorkspace(workspaceID),
  },
  {
    method: 'POST',
    path: RESTORE,
    handle: ({ simulated }, [workspaceID = '']) => simulated.restoreWorkspace(workspaceID),
  },
  {
    method: 'POST',
    path: MIGRATE,
    handle: ({ simulated }, [workspaceID = ''], body) => {
      const target = checked(body ?? {}, MIGRATION_SCHEMA);
      simulated.migrateWorkspace(workspaceID, target.workspaceID, target.bundleID);
    },
  },
  {
    method: 'POST',
    path: ASSOCIATION,
    handle: ({ simulated }, [workspaceID = '', applicationID = ''], body) => {
      const { failed, ...change } = checked(body ?? {}, ASSOCIATION_CHANGE_SCHEMA);
      simulated.putAssociation(
        workspaceID,
        applicationID,
        failed === undefined ? change : { ...change, change: failed },
      );
    },
  },
  {
    method: 'DELETE',
    path: ASSOCIATION,
    handle: ({ simulated }, [workspaceID = '', applicationID = '']) =>
      simulated.dropAssociation(workspaceID, applicationID),
  },
  { method: 'GET', path: QUEUES, handle: ({ queues }) => [...queues.values()].map(describeQueue) },
  { method: 'PUT', path: QUEUE, handle: (targets, [name = '']) => queueNamed(targets, name).restore() },
  { method: 'DELETE', path: QUEUE, handle: (targets, [name = '']) => queueNamed(targets, name).remove() },
  { method: 'GET', path: MESSAGES, handle: (targets, [name = '']) => queueNamed(targets, name).messages },
  { method: 'DELETE', path: MESSAGES, handle: (targets, [name = '']) => queueNamed(targets, name).purge() },
  {
    method: 'POST',
    path: MESSAGES,
    handle: (targets, [name = ''], body) => {
      const { text, delay = '0s' } = checked(body, MESSAGE_SCHEMA);
      queueNamed(targets, name).send(text, milliseconds(delay));
    },
  },
];

/**
 * Performs actions of a console user and actions that only a simulation can perform. `path` is relative to
 * `CONTROL_PATH`. Returns the response body, or undefined for an empty one. Throws a ControlError for an invalid
 * request.
 */
export function control(targets: ControlTargets, method: string, path: string, body: unknown): unknown {
  const routes = ROUTES.filter((route) => route.path.test(path));
  if (routes.length === 0) {
    throw new ControlError(404, 'unknown path; use /faults, /calls, /workspaces, or /queues');
  }
  const route = routes.find((candidate) => candidate.method === method);
  if (route === undefined) {
    throw new ControlError(405, `${path} supports ${routes.map((candidate) => candidate.method).join(', ')}`);
  }
  try {
    const result = route.handle(targets, route.path.exec(path)?.slice(1) ?? [], body);
    return method === 'GET' ? result : undefined;
  } catch (error) {
    if (error instanceof ServiceError) {
      throw new ControlError(error.type === 'ResourceNotFoundException' ? 404 : 409, error.message);
    }
    throw error;
  }
}

function queueNamed({ queues }: ControlTargets, name: string): SimulatedQueue {
  const queue = queues.get(name);
  if (queue === undefined) {
    throw new ControlError(404, 'the seed has no such queue');
  }
  return queue;
}

function describeQueue(queue: SimulatedQueue): JsonObject {
  return { name: queue.settings.name, exists: queue.exists, ...queue.count() };
}

function faultsIn(body: unknown): Fault[] {
  if (!Array.isArray(body)) {
    throw new ControlError(400, 'the body must be a list of faults');
  }
  return body.map((fault) => checked(fault, FAULT_SCHEMA));
}

function checked<Schema extends TSchema>(body: unknown, schema: Schema): Static<Schema> {
  const [problem] = problemsOf(body, schema);
  if (problem === undefined) {
    return body as Static<Schema>;
  }
  const path = showPath(problem.path);
  throw new ControlError(400, path === '' ? problem.text : `${path}: ${problem.text}`);
}

/**
 * Returns all WorkSpaces with the members of AWS, their associations, and the IDs of the applications on their volumes,
 * which AWS doesn't show.
 */
function describeFleet(simulated: SimulatedWorkSpaces): JsonObject[] {
  return simulated.workspaces.map((workspace) => ({
    ...presentWorkspace(workspace),
    ConnectionState: workspace.connection,
    Tags: workspace.tags,
    Associations: [...workspace.associations.values()].map(workspaceSide),
    InstalledApplications: [...workspace.software.installed].sort(),
  }));
}
