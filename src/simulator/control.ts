import type { CallLog } from './callLog.ts';
import { ServiceError } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { presentWorkspace, workspaceSide } from './presentation.ts';
import { problemsOf, showPath } from './schema.ts';
import type { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import type { JsonObject } from './validate.ts';

/** Requests below this path are for the simulator itself, not for the simulated service. */
export const CONTROL_PATH = '/_simulator';

export interface ControlParts {
  readonly simulated: SimulatedWorkSpaces;
  readonly faults: Faults;
  readonly calls: CallLog;
}

/** A request that the control endpoint refuses, with an HTTP status. */
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
  readonly act: (parts: ControlParts, ids: string[], body: unknown) => unknown;
}

const FAULTS = /^\/faults$/;
const CALLS = /^\/calls$/;
const WORKSPACES = /^\/workspaces$/;
const WORKSPACE = /^\/workspaces\/([^/]+)$/;
const ASSOCIATION = /^\/workspaces\/([^/]+)\/applications\/([^/]+)$/;

const ROUTES: readonly Route[] = [
  { method: 'GET', path: FAULTS, act: ({ faults }) => faults.list() },
  { method: 'PUT', path: FAULTS, act: ({ faults }, _, body) => faults.replace(faultsIn(body)) },
  { method: 'POST', path: FAULTS, act: ({ faults }, _, body) => faultsIn([body]).map((fault) => faults.add(fault)) },
  { method: 'DELETE', path: FAULTS, act: ({ faults }) => faults.clear() },
  { method: 'GET', path: CALLS, act: ({ calls }) => calls.list() },
  { method: 'DELETE', path: CALLS, act: ({ calls }) => calls.clear() },
  { method: 'GET', path: WORKSPACES, act: ({ simulated }) => everything(simulated) },
  {
    method: 'POST',
    path: WORKSPACE,
    act: ({ simulated }, [workspaceID = ''], body) =>
      simulated.setWorkspace(workspaceID, checked(body, 'workspaceChange')),
  },
  {
    method: 'DELETE',
    path: WORKSPACE,
    act: ({ simulated }, [workspaceID = '']) => simulated.terminateWorkspace(workspaceID),
  },
  {
    method: 'POST',
    path: ASSOCIATION,
    act: ({ simulated }, [workspaceID = '', applicationID = ''], body) => {
      const { failed, ...change } = checked<{ failed?: 'INSTALL' | 'UNINSTALL' }>(body ?? {}, 'associationChange');
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
    act: ({ simulated }, [workspaceID = '', applicationID = '']) =>
      simulated.dropAssociation(workspaceID, applicationID),
  },
];

/**
 * Does what a person in a console would, or what only a simulation can. `path` is below CONTROL_PATH. Returns what to answer,
 * undefined for nothing. Throws a ControlError for a request that isn't right.
 */
export function control(parts: ControlParts, method: string, path: string, body: unknown): unknown {
  const routes = ROUTES.filter((route) => route.path.test(path));
  if (routes.length === 0) {
    throw new ControlError(404, 'there are /faults, /calls, /workspaces and what is below those');
  }
  const route = routes.find((candidate) => candidate.method === method);
  if (route === undefined) {
    throw new ControlError(405, `${path} takes ${routes.map((candidate) => candidate.method).join(', ')}`);
  }
  try {
    const answer = route.act(parts, route.path.exec(path)?.slice(1) ?? [], body);
    return method === 'GET' ? answer : undefined;
  } catch (error) {
    if (error instanceof ServiceError) {
      throw new ControlError(404, error.message);
    }
    throw error;
  }
}

function faultsIn(body: unknown): Fault[] {
  if (!Array.isArray(body)) {
    throw new ControlError(400, 'the body must be a list of faults');
  }
  return body.map((fault) => checked<Fault>(fault, 'fault'));
}

function checked<Value>(body: unknown, definition: 'fault' | 'workspaceChange' | 'associationChange'): Value {
  const [problem] = problemsOf(body, definition);
  if (problem === undefined) {
    return body as Value;
  }
  const path = showPath(problem.path);
  throw new ControlError(400, path === '' ? problem.text : `${path}: ${problem.text}`);
}

/** The fleet as it is, in AWS's members, with each WorkSpace's associations in it. */
function everything(simulated: SimulatedWorkSpaces): JsonObject[] {
  return simulated.workspaces.map((workspace) => ({
    ...presentWorkspace(workspace),
    ConnectionState: workspace.connection,
    Tags: workspace.tags,
    Associations: [...workspace.associations.values()].map(workspaceSide),
  }));
}
