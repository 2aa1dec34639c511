import Type from 'typebox';
import { BUNDLE_ID_SCHEMA, closedObject, DURATION_SCHEMA, WORKSPACE_ID_SCHEMA } from './schemas.ts';
import { CONNECTION, CONNECTION_CHECKED_AGO, LIFECYCLE_CHANGE, TAGS } from './workspaceDocument.ts';

const CONNECTION_CHANGE_AGO = Type.String({
  pattern: '^([0-9]+(ms|s|m|h|d)|never)$',
  description: 'Time since the last connection of the user, for example, 3d, or never.',
});

/** Schema of a change to a WorkSpace through the control endpoint. */
export const WORKSPACE_CHANGE_SCHEMA = closedObject(
  {
    state: Type.Optional(
      Type.String({ pattern: '^[A-Z_]+$', description: 'State in capitals and underscores, for example, AVAILABLE.' }),
    ),
    connection: Type.Optional(CONNECTION),
    lastConnectedAgo: Type.Optional(CONNECTION_CHANGE_AGO),
    connectionCheckedAgo: Type.Optional(CONNECTION_CHECKED_AGO),
    freeDiskSpaceGib: Type.Optional(Type.Integer({ minimum: 0 })),
    tags: Type.Optional(TAGS),
  },
  { minProperties: 1 },
);

/** Schema of a migration through the control endpoint. */
export const MIGRATION_SCHEMA = closedObject({
  bundleID: BUNDLE_ID_SCHEMA,
  workspaceID: WORKSPACE_ID_SCHEMA,
});

/** Schema of a message to a queue through the control endpoint. */
export const MESSAGE_SCHEMA = closedObject({
  text: Type.String({ minLength: 1, description: 'Text of the message, which need not be an event.' }),
  delay: Type.Optional(DURATION_SCHEMA),
});

/** Schema of a change to an association through the control endpoint. */
export const ASSOCIATION_CHANGE_SCHEMA = closedObject({
  state: Type.Optional(
    Type.String({
      pattern: '^[A-Z_]+$',
      description: 'State in capitals and underscores, for example, COMPLETED. Unknown states are valid.',
    }),
  ),
  stateReason: Type.Optional(
    closedObject({ errorCode: Type.Optional(Type.String()), errorMessage: Type.Optional(Type.String()) }),
  ),
  failed: Type.Optional(Type.Enum(LIFECYCLE_CHANGE)),
});
