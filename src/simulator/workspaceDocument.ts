import Type, { type Static } from 'typebox';
import { ASSOCIATION_ERROR_CODES, ASSOCIATION_STATES } from '../fleet/model.ts';
import type { LifecycleChange } from './lifecycle.ts';
import {
  APPLICATION_ID_SCHEMA,
  BUNDLE_ID_SCHEMA,
  closedObject,
  conditional,
  DIRECTORY_ID_SCHEMA,
  DURATION_SCHEMA,
  modelEnum,
  WORKSPACE_ID_SCHEMA,
} from './schemas.ts';

export const TAGS = Type.Unsafe<Record<string, string>>({
  type: 'object',
  additionalProperties: Type.String({
    maxLength: 255,
    description: 'Text of at most 255 characters, in quotes if it resembles a number.',
  }),
});

export const CONNECTION = modelEnum('ConnectionState');
export const CONNECTION_CHECKED_AGO = Type.String({
  pattern: '^([0-9]+(ms|s|m|h|d)|never)$',
  description:
    'Time since AWS last checked the connection, for example, 45m; AWS then checks it no more. With never, the connection status has no entry. Defaults to a check at every durations.connectionChecks.',
});
export const LIFECYCLE_CHANGE = ['INSTALL', 'UNINSTALL'] satisfies LifecycleChange[];

const ASSOCIATION_FIELDS = {
  applicationID: APPLICATION_ID_SCHEMA,
  state: Type.Optional(
    Type.Enum([...ASSOCIATION_STATES], { description: 'State of the association. Defaults to COMPLETED.' }),
  ),
  stateReason: Type.Optional(
    closedObject({ errorCode: Type.Enum([...ASSOCIATION_ERROR_CODES]), errorMessage: Type.Optional(Type.String()) }),
  ),
  failed: Type.Optional(
    Type.Enum(LIFECYCLE_CHANGE, {
      description: 'Change that failed if the state is ERROR. Defaults to UNINSTALL.',
    }),
  ),
};
/** Schema of an association in a seed. */
export const ASSOCIATION = closedObject(ASSOCIATION_FIELDS);
const GENERATED_ASSOCIATION = closedObject({
  ...ASSOCIATION_FIELDS,
  every: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Associates every n-th WorkSpace. Defaults to every WorkSpace.' }),
  ),
});

/** Returns the schema of an association: an application ID, or an object with more fields. */
function associationOr<Association>(association: object) {
  return Type.Unsafe<string | Association>({
    description:
      'Application ID of an installed application, or an object with applicationID, state, and other fields.',
    ...conditional({ type: 'string' }, APPLICATION_ID_SCHEMA, association),
  });
}

const WORKSPACE_PROPERTIES = {
  operatingSystemName: Type.Optional(modelEnum('OperatingSystemName')),
  computeTypeName: Type.Optional(modelEnum('Compute')),
  runningMode: Type.Optional(modelEnum('RunningMode')),
  state: Type.Optional(modelEnum('WorkspaceState')),
  freeDiskSpaceGib: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'Free disk space in GiB. An installation that requires more ends in ERROR. Defaults to unlimited.',
    }),
  ),
  connection: Type.Optional(CONNECTION),
  lastConnectedAgo: Type.Optional(DURATION_SCHEMA),
  connectionCheckedAgo: Type.Optional(CONNECTION_CHECKED_AGO),
  tags: Type.Optional(TAGS),
  previouslyTagged: Type.Optional(
    Type.Boolean({
      description: 'Whether a WorkSpace without tags had some before. GetResources then lists it. Defaults to false.',
    }),
  ),
};

/** Schema of a WorkSpace in a seed. */
export const WORKSPACE = closedObject({
  workspaceID: WORKSPACE_ID_SCHEMA,
  userName: Type.String({ minLength: 1, maxLength: 63 }),
  directoryID: DIRECTORY_ID_SCHEMA,
  bundleID: BUNDLE_ID_SCHEMA,
  computerName: Type.Optional(
    Type.String({ minLength: 1, description: 'Computer name. Defaults to a name derived from the ID.' }),
  ),
  workspaceName: Type.Optional(
    Type.String({ minLength: 1, description: 'Name of a user-decoupled WorkSpace. Defaults to none.' }),
  ),
  ...WORKSPACE_PROPERTIES,
  applications: Type.Optional(Type.Array(associationOr<Static<typeof ASSOCIATION>>(ASSOCIATION))),
});

/** Schema of generated WorkSpaces in a seed. */
export const GENERATE = closedObject(
  {
    count: Type.Integer({ minimum: 1, maximum: 100_000 }),
    idPrefix: Type.String({
      pattern: '^[0-9a-z]{1,40}$',
      description: 'Prefix of the IDs after ws-: 1 to 40 characters 0-9 or a-z.',
    }),
    userPrefix: Type.Optional(
      Type.String({ minLength: 1, maxLength: 40, description: 'Prefix of the user names. Defaults to idPrefix.' }),
    ),
    directoryIDs: Type.Optional(Type.Array(DIRECTORY_ID_SCHEMA, { minItems: 1 })),
    bundleIDs: Type.Optional(Type.Array(BUNDLE_ID_SCHEMA, { minItems: 1 })),
    ...WORKSPACE_PROPERTIES,
    applications: Type.Optional(Type.Array(associationOr<Static<typeof GENERATED_ASSOCIATION>>(GENERATED_ASSOCIATION))),
  },
  { description: 'Similar WorkSpaces with numbered IDs and users. Directories and bundles alternate.' },
);
