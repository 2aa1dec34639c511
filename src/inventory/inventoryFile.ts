import Type from 'typebox';
import type { Association, Workspace } from '../fleet/model.ts';
import { checkAgainst } from '../policy/jsonSchema.ts';
import type { DocumentOf } from '../policy/schemaType.ts';
import type { BundleContents } from './bundleCache.ts';
import type { Snapshot } from './snapshot.ts';

const API_VERSION = 'wsap.dev/v1alpha1';
const KIND = 'WorkspaceInventory';

const text = Type.String();
const optionalText = Type.Optional(text);
const optionalTime = Type.Optional(Type.String({ format: 'date-time' }));
const closed = { additionalProperties: false } as const;

const ASSOCIATION = Type.Object(
  {
    applicationID: text,
    state: optionalText,
    stateReason: Type.Optional(Type.Object({ errorCode: optionalText, errorMessage: optionalText }, closed)),
    created: optionalTime,
    lastUpdatedTime: optionalTime,
    untrusted: optionalText,
  },
  closed,
);

const WORKSPACE = Type.Object(
  {
    workspaceID: text,
    directoryID: optionalText,
    bundleID: optionalText,
    computeTypeName: optionalText,
    operatingSystemName: optionalText,
    userName: optionalText,
    state: optionalText,
    runningMode: optionalText,
    connectionState: optionalText,
    connectionStateCheckTimestamp: optionalTime,
    // `Type.Record` has a pattern that excludes keys with line breaks.
    tags: Type.Optional(
      Type.Unsafe<Readonly<Record<string, string>>>({ type: 'object', additionalProperties: { type: 'string' } }),
    ),
    lastKnownUserConnectionTimestamp: optionalTime,
    untrusted: optionalText,
    associations: Type.Optional(Type.Array(ASSOCIATION)),
  },
  closed,
);

const BUNDLE = Type.Object({ bundleID: text, imageID: optionalText, applicationIDs: Type.Array(text) }, closed);

/** JSON schema of an inventory file, for validation and for editors. */
export const INVENTORY_SCHEMA = Type.Object(
  {
    apiVersion: Type.Literal(API_VERSION),
    kind: Type.Literal(KIND),
    metadata: Type.Optional(
      Type.Object({ accountID: optionalText, region: optionalText, takenAt: optionalTime }, closed),
    ),
    applications: Type.Array(
      Type.Object(
        {
          applicationID: text,
          name: optionalText,
          owner: optionalText,
          state: optionalText,
          supportedComputeTypeNames: Type.Optional(Type.Array(text)),
          supportedOperatingSystemNames: Type.Optional(Type.Array(text)),
          untrusted: optionalText,
        },
        closed,
      ),
    ),
    workspaces: Type.Array(WORKSPACE),
    bundles: Type.Optional(Type.Array(BUNDLE)),
  },
  { $schema: 'http://json-schema.org/draft-07/schema#', title: KIND, ...closed },
);

/** An inventory file: a fleet at a point in time. `wsap inventory` writes it; `plan`, `report`, `test`, and `simulate` read it. */
export type InventoryFile = Required<Omit<Document, 'bundles'>> & Pick<Document, 'bundles'>;
type Document = DocumentOf<typeof INVENTORY_SCHEMA>;

/** A WorkSpace in an inventory file. */
export type WorkspaceEntry = DocumentOf<typeof WORKSPACE>;

/** An association in an inventory file. */
export type AssociationEntry = DocumentOf<typeof ASSOCIATION>;

/** An invalid inventory file. The message names the first invalid field and valid values. */
export class InvalidInventoryError extends Error {
  override readonly name = 'InvalidInventoryError';
}

const check = checkAgainst(INVENTORY_SCHEMA);

/**
 * Validates a document.
 *
 * @throws InvalidInventoryError
 */
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
      throw new InvalidInventoryError(`workspaces: duplicate workspaceID ${workspaceID}`);
    }
    ids.add(workspaceID);
  }
  return { ...file, metadata: file.metadata ?? {} };
}

/**
 * Converts a snapshot to an inventory file. WorkSpaces are sorted by ID, so that equal fleets give equal files.
 *
 * @param bundles contents of the bundles, sorted by ID. Undefined if they are unknown
 */
export function inventoryOf(
  snapshot: Snapshot,
  metadata: InventoryFile['metadata'],
  bundles?: readonly BundleContents[],
): InventoryFile {
  const byId =
    <T>(id: (one: T) => string) =>
    (a: T, b: T) =>
      id(a) < id(b) ? -1 : 1;
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata,
    applications: [...snapshot.applications.values()].sort(byId((one) => one.applicationID)).map(defined),
    workspaces: [...snapshot.workspaces.values()].sort(byId((one) => one.workspaceID)).map((workspace) => {
      const associations = [...(snapshot.associations.get(workspace.workspaceID)?.values() ?? [])];
      return entryFor(workspace, associations.sort(byId((one) => one.applicationID)));
    }),
    ...(bundles !== undefined && { bundles: bundles.map(defined) }),
  };
}

function entryFor(workspace: Workspace, associations: readonly Association[]): WorkspaceEntry {
  const { tags, connection, ...rest } = workspace;
  return defined({
    ...rest,
    tags: tags === undefined || tags.size === 0 ? undefined : Object.fromEntries(tags),
    connectionState: connection?.connectionState,
    connectionStateCheckTimestamp: connection?.connectionStateCheckTimestamp?.toISOString(),
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

/** Returns the record without its undefined properties. */
function defined<T extends object>(record: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as ReturnType<typeof defined<T>>;
}

/** Replaces user names with numbers. Equal names get equal numbers. */
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
