import Type, { type Static } from 'typebox';
import { MAX_RECEIVE_COUNT } from '../eventbridge/receiveCounts.ts';
import { BUNDLE, IMAGE } from './bundleDocument.ts';
import { FAULT_SCHEMA } from './faults.ts';
import { IAM_POLICY_SCHEMA } from './iamPolicySchema.ts';
import { APPLICATION_ID_SCHEMA, closedObject, DURATION_PATTERN, DURATION_SCHEMA, modelEnum } from './schemas.ts';
import { UNDOCUMENTED_SCHEMA } from './undocumented.ts';
import { type ASSOCIATION, GENERATE, WORKSPACE } from './workspaceDocument.ts';

/** Makes the members of a type and of its lists read-only. */
type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

const ROLE = closedObject({
  name: Type.String({
    pattern: '^[A-Za-z0-9+=,.@_/-]{1,512}$',
    description: 'Name of the role, for example, wsap for arn:aws:iam::123456789012:role/wsap.',
  }),
  externalID: Type.Optional(
    Type.String({ minLength: 2, description: 'External ID that the trust policy requires. Defaults to none.' }),
  ),
  maxSessionDuration: Type.Optional(
    Type.String({
      pattern: DURATION_PATTERN,
      description: 'Maximum duration of a session. Defaults to 1h, as in AWS.',
    }),
  ),
});

const APPLICATION = closedObject({
  applicationID: APPLICATION_ID_SCHEMA,
  name: Type.String({ minLength: 1 }),
  owner: Type.Optional(
    Type.String({
      pattern: '^([0-9]{12}|AMAZON)$',
      description: 'AMAZON (default) or an account ID with 12 digits in quotes.',
    }),
  ),
  state: Type.Optional(
    modelEnum<'AVAILABLE' | 'UNINSTALL_ONLY' | 'PENDING' | 'ERROR'>(
      'WorkSpaceApplicationState',
      'State of the application. Defaults to UNINSTALL_ONLY for Microsoft Office 2016 and 2019, and to AVAILABLE for all others.',
    ),
  ),
  licenseType: Type.Optional(modelEnum<'LICENSED' | 'UNLICENSED'>('WorkSpaceApplicationLicenseType')),
  description: Type.Optional(Type.String()),
  supportedComputeTypeNames: Type.Optional(
    Type.Array(modelEnum('Compute'), {
      description:
        'Supported compute types. Defaults to the ones that AWS documents for an application of this name, otherwise to all.',
    }),
  ),
  supportedOperatingSystemNames: Type.Optional(
    Type.Array(modelEnum('OperatingSystemName'), {
      description:
        'Supported operating systems. Defaults to the ones that AWS documents for an application of this name, otherwise to all Windows versions.',
    }),
  ),
  requiredDiskSpaceGib: Type.Optional(
    Type.Integer({
      minimum: 0,
      description:
        'Free disk space that an installation requires, in GiB. Defaults to the size that AWS documents for an application of this name, otherwise to 0.',
    }),
  ),
});

const QUEUE_NAME = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,80}$',
  description: 'Name of a queue: up to 80 characters A-Z, a-z, 0-9, - and _.',
});

const QUEUE = closedObject({
  name: QUEUE_NAME,
  receivesEvents: Type.Optional(
    Type.Boolean({
      description:
        'Whether the queue receives the events of the WorkSpaces. Defaults to true, and to false for dead-letter queues.',
    }),
  ),
  visibilityTimeout: Type.Optional(
    Type.String({
      pattern: DURATION_PATTERN,
      description: 'Time for which a received message is hidden. Defaults to 30s, as in AWS.',
    }),
  ),
  deadLetterQueue: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,80}$',
      description: 'Name of another queue for messages that are not deleted. Defaults to none.',
    }),
  ),
  maxReceiveCount: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description: `Number of deliveries before a message moves to the dead-letter queue. Defaults to ${MAX_RECEIVE_COUNT}, as in deploy/events.`,
    }),
  ),
  shuffle: Type.Optional(
    Type.Boolean({ description: 'Whether the queue delivers messages in random order. Defaults to false.' }),
  ),
});

/** Schema of a seed file. deploy/simulator/fleet.yaml is an example. */
export const SEED_SCHEMA = closedObject(
  {
    region: Type.Optional(
      Type.String({
        pattern: '^[a-z]{2}(-[a-z]+)+-[0-9]$',
        description: 'AWS region, for example, eu-central-1 (default).',
      }),
    ),
    accountID: Type.Optional(
      Type.String({
        pattern: '^[0-9]{12}$',
        description: 'Account ID with 12 digits, in quotes. Defaults to "123456789012".',
      }),
    ),
    roles: Type.Optional(
      Type.Array(ROLE, { description: 'Roles of the account that can be assumed. AssumeRole rejects all others.' }),
    ),
    iamPolicy: Type.Optional(IAM_POLICY_SCHEMA),
    randomSeed: Type.Optional(
      Type.Integer({ description: 'Seed of the random numbers for faults with a probability. Defaults to 1.' }),
    ),
    rateLimit: Type.Optional(
      closedObject(
        {
          callsPerSecond: Type.Optional(
            Type.Number({ minimum: 0, description: 'Calls per second; 0 turns the limit off. Defaults to 2.' }),
          ),
          burst: Type.Optional(Type.Integer({ minimum: 1, description: 'Size of the token bucket. Defaults to 5.' })),
        },
        { description: 'Token bucket of the WorkSpaces API. AWS documents 2 per second with a burst of 5.' },
      ),
    ),
    taggingRateLimit: Type.Optional(
      closedObject(
        {
          callsPerSecond: Type.Optional(
            Type.Number({ minimum: 0, description: 'Calls per second; 0 turns the limit off. Defaults to 0.' }),
          ),
          burst: Type.Optional(Type.Integer({ minimum: 1, description: 'Size of the token bucket. Defaults to 5.' })),
        },
        {
          description: 'Token bucket of the Resource Groups Tagging API, which rejects calls with ThrottledException.',
        },
      ),
    ),
    undocumented: Type.Optional(UNDOCUMENTED_SCHEMA),
    durations: Type.Optional(
      closedObject(
        {
          pending: Type.Optional(DURATION_SCHEMA),
          installing: Type.Optional(DURATION_SCHEMA),
          uninstalling: Type.Optional(DURATION_SCHEMA),
          removedListed: Type.Optional(DURATION_SCHEMA),
          settling: Type.Optional(DURATION_SCHEMA),
          rebuilding: Type.Optional(DURATION_SCHEMA),
          restoring: Type.Optional(DURATION_SCHEMA),
          migrating: Type.Optional(DURATION_SCHEMA),
          snapshots: Type.Optional(DURATION_SCHEMA),
          connectionChecks: Type.Optional(DURATION_SCHEMA),
        },
        {
          description:
            'Time that an association or a WorkSpace stays in each state, and the intervals of snapshots (12h) and of connection checks (0s: at every read).',
        },
      ),
    ),
    applications: Type.Optional(
      Type.Array(APPLICATION, {
        description: 'Applications. Defaults to the Microsoft applications that AWS offers.',
      }),
    ),
    bundles: Type.Optional(
      Type.Array(BUNDLE, { description: 'Bundles. All others that WorkSpaces use contain no applications.' }),
    ),
    images: Type.Optional(
      Type.Array(IMAGE, { description: 'Images. All others that bundles use contain the applications of the bundle.' }),
    ),
    queues: Type.Optional(
      Type.Array(QUEUE, { description: 'SQS queues with the events of the WorkSpaces. Defaults to none.' }),
    ),
    workspaces: Type.Optional(Type.Array(WORKSPACE)),
    generate: Type.Optional(Type.Array(GENERATE)),
    faults: Type.Optional(Type.Array(FAULT_SCHEMA)),
  },
  { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Seed of a simulated WorkSpaces account' },
);

/** Seed file as written by a user. */
export type SeedDocument = DeepReadonly<Static<typeof SEED_SCHEMA>>;
export type SimulatedRole = DeepReadonly<Static<typeof ROLE>>;
export type ApplicationDocument = DeepReadonly<Static<typeof APPLICATION>>;
export type AssociationDocument = DeepReadonly<Static<typeof ASSOCIATION>>;
export type WorkspaceDocument = DeepReadonly<Static<typeof WORKSPACE>>;
export type GenerateDocument = DeepReadonly<Static<typeof GENERATE>>;
export type BundleDocument = DeepReadonly<Static<typeof BUNDLE>>;
export type QueueDocument = DeepReadonly<Static<typeof QUEUE>>;
export type ImageDocument = DeepReadonly<Static<typeof IMAGE>>;
