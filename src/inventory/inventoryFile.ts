import type { Application, Association, Workspace } from '../fleet/model.ts';
import { checkAgainst } from '../policy/jsonSchema.ts';
import type { Snapshot } from './snapshot.ts';

/** A fleet as it was at a moment, as a document: what `wsap inventory` writes, and `plan`, `test` and `simulate` read. */
export interface InventoryFile {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof KIND;
  readonly metadata: {
    readonly accountID?: string;
    readonly region?: string;
    /** RFC 3339. */
    readonly takenAt?: string;
  };
  readonly applications: readonly ApplicationEntry[];
  readonly workspaces: readonly WorkspaceEntry[];
}

type ApplicationEntry = { readonly [K in keyof Application]: Application[K] };

export interface WorkspaceEntry {
  readonly workspaceID: string;
  readonly directoryID?: string;
  readonly bundleID?: string;
  readonly userName?: string;
  readonly state?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly connectionState?: string;
  /** RFC 3339. */
  readonly lastKnownUserConnectionTimestamp?: string;
  readonly associations?: readonly AssociationEntry[];
}

export interface AssociationEntry {
  readonly applicationID: string;
  readonly state?: string;
  readonly stateReason?: { readonly errorCode?: string; readonly errorMessage?: string };
  /** RFC 3339. */
  readonly created?: string;
  /** RFC 3339. */
  readonly lastUpdatedTime?: string;
}

const API_VERSION = 'wsap.dev/v1alpha1';
const KIND = 'WorkspaceInventory';

const text = { type: 'string' };
const time = { type: 'string', format: 'date-time' };
const strings = (...names: string[]) => Object.fromEntries(names.map((name) => [name, text]));

/** JSON schema of the document, also for editors. */
export const INVENTORY_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'WorkspaceInventory',
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion', 'kind', 'applications', 'workspaces'],
  properties: {
    apiVersion: { const: API_VERSION },
    kind: { const: KIND },
    metadata: {
      type: 'object',
      additionalProperties: false,
      properties: { ...strings('accountID', 'region'), takenAt: time },
    },
    applications: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['applicationID'],
        properties: strings('applicationID', 'name', 'owner', 'state'),
      },
    },
    workspaces: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['workspaceID'],
        properties: {
          ...strings('workspaceID', 'directoryID', 'bundleID', 'userName', 'state', 'connectionState'),
          tags: { type: 'object', additionalProperties: text },
          lastKnownUserConnectionTimestamp: time,
          associations: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['applicationID'],
              properties: {
                ...strings('applicationID', 'state'),
                stateReason: {
                  type: 'object',
                  additionalProperties: false,
                  properties: strings('errorCode', 'errorMessage'),
                },
                created: time,
                lastUpdatedTime: time,
              },
            },
          },
        },
      },
    },
  },
} as const;

/** A document that is no inventory. Its message names the first field that is wrong, and what would be right. */
export class InvalidInventoryError extends Error {
  override readonly name = 'InvalidInventoryError';
}

const check = checkAgainst(INVENTORY_SCHEMA);

/** @throws InvalidInventoryError */
export function parseInventory(document: unknown): InventoryFile {
  const [problem] = check(document);
  if (problem !== undefined) {
    const { field, message } = problem;
    throw new InvalidInventoryError(field === '' ? message : `${field}: ${message}`);
  }
  const file = document as InventoryFile;
  const ids = new Set<string>();
  for (const { workspaceID } of file.workspaces) {
    if (ids.has(workspaceID)) {
      throw new InvalidInventoryError(`workspaces: ${workspaceID} is there twice`);
    }
    ids.add(workspaceID);
  }
  return { ...file, metadata: file.metadata ?? {} };
}

/** A snapshot as a document, WorkSpaces by id, and so the same for the same fleet. */
export function inventoryOf(snapshot: Snapshot, metadata: InventoryFile['metadata']): InventoryFile {
  const byId =
    <T>(id: (one: T) => string) =>
    (a: T, b: T) =>
      id(a) < id(b) ? -1 : 1;
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata,
    applications: [...snapshot.applications.values()].sort(byId((one) => one.applicationID)),
    workspaces: [...snapshot.workspaces.values()].sort(byId((one) => one.workspaceID)).map((workspace) => {
      const associations = [...(snapshot.associations.get(workspace.workspaceID)?.values() ?? [])];
      return entryFor(workspace, associations.sort(byId((one) => one.applicationID)));
    }),
  };
}

function entryFor(workspace: Workspace, associations: readonly Association[]): WorkspaceEntry {
  const { tags, connection, ...rest } = workspace;
  return defined({
    ...rest,
    tags: tags === undefined || tags.size === 0 ? undefined : Object.fromEntries(tags),
    connectionState: connection?.connectionState,
    lastKnownUserConnectionTimestamp: connection?.lastKnownUserConnectionTimestamp?.toISOString(),
    associations:
      associations.length === 0
        ? undefined
        : associations.map(({ workspaceID: _, created, lastUpdatedTime, ...association }) =>
            defined({
              ...association,
              created: created?.toISOString(),
              lastUpdatedTime: lastUpdatedTime?.toISOString(),
            }),
          ),
  }) as WorkspaceEntry;
}

function defined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

/** The same document without user names: each is a number, the same for the same name. */
export function redacted({ workspaces, ...file }: InventoryFile): InventoryFile {
  const names = [...new Set(workspaces.flatMap(({ userName }) => userName?.toLowerCase() ?? []))].sort();
  const digits = String(names.length).length;
  const numbers = new Map(names.map((name, index) => [name, `user-${String(index + 1).padStart(digits, '0')}`]));
  return {
    ...file,
    workspaces: workspaces.map((workspace) => {
      const userName = workspace.userName && numbers.get(workspace.userName.toLowerCase());
      return userName === undefined ? workspace : { ...workspace, userName };
    }),
  };
}
