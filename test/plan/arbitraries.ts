import fc from 'fast-check';
import { type Application, ASSOCIATION_STATES, type Association, type Workspace } from '../../src/fleet/model.ts';
import { association, policyObject, workspace, ws } from '../builders.ts';
import { FakeFleet } from '../fakes/fleet.ts';
import { NOW } from '../fixtures.ts';

/** A manifest of `policyObject` with all fields that affect removals. */
export type Manifest = ReturnType<typeof policyObject>;

/** A fleet and its policies. */
export interface Given {
  readonly workspaces: readonly Workspace[];
  readonly applications: readonly Application[];
  readonly associations: readonly Association[];
  readonly policies: readonly Manifest[];
}

const SIZE = 5;
const DIRECTORIES = ['d-9a67b1c4e1', 'd-9a67b1c4e2'];
const APPLICATIONS = ['Visio Standard', 'Visio Professional', 'Project'].map((name, n) => ({
  applicationID: `wsa-00000000${n}`,
  name,
  owner: 'AMAZON',
}));
/** Times before and after the plans. */
const EXPIRIES = ['2026-11-01T00:00:00Z', '2027-03-31T00:00:00Z'];

const ids = fc.uniqueArray(fc.integer({ min: 1, max: SIZE }).map(ws), { minLength: 1, maxLength: SIZE });
const matcher = fc.oneof(
  fc.constantFrom(...APPLICATIONS).map(({ applicationID }) => ({ id: applicationID })),
  fc.constantFrom(
    { name: 'Visio*' },
    { name: 'Visio Standard', owner: 'AMAZON' },
    { name: 'Project', owner: '123456789012' },
  ),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const list = maybe(fc.uniqueArray(matcher, { minLength: 1, maxLength: 2, selector: (one) => JSON.stringify(one) }));

const workspaces = fc.tuple(
  ...Array.from({ length: SIZE }, (_, n) =>
    fc
      .record({
        directoryID: fc.constantFrom(...DIRECTORIES),
        state: fc.constantFrom(
          'AVAILABLE',
          'AVAILABLE',
          'AVAILABLE',
          'STOPPED',
          'UPDATING',
          'REBOOTING',
          'TERMINATING',
        ),
        tags: fc.constantFrom({}, {}, {}, { 'wsap.dev/protect': '' }),
        connectionState: fc.constantFrom('DISCONNECTED', 'DISCONNECTED', 'CONNECTED', 'UNKNOWN'),
      })
      .map(({ directoryID, state, tags, connectionState }) =>
        workspace(ws(n + 1), {
          directoryID,
          state,
          tags: new Map(Object.entries(tags)),
          connection: { workspaceID: ws(n + 1), connectionState, connectionStateCheckTimestamp: NOW },
        }),
      ),
  ),
);

const applications = fc.tuple(
  ...APPLICATIONS.map((one) =>
    fc.constantFrom('AVAILABLE', 'AVAILABLE', 'UNINSTALL_ONLY').map((state): Application => ({ ...one, state })),
  ),
);

const associations = fc.uniqueArray(
  fc
    .record({
      n: fc.integer({ min: 1, max: SIZE }),
      application: fc.constantFrom(...APPLICATIONS),
      state: fc.oneof(fc.constant('COMPLETED'), fc.constantFrom<string>(...ASSOCIATION_STATES)),
    })
    .map(({ n, application, state }) => association(ws(n), application.applicationID, { state })),
  { maxLength: 10, selector: (one) => `${one.workspaceID} ${one.applicationID}` },
);

const spec = fc
  .record({
    enforcement: fc.constantFrom<'Audit' | 'Approve' | 'Enforce'>('Enforce', 'Enforce', 'Enforce', 'Audit', 'Approve'),
    suspend: fc.constantFrom(false, false, false, true),
    priority: fc.constantFrom(0, 0, 1, -1),
    selector: fc.oneof(
      fc.record({ all: fc.constant(true), exclude: maybe(ids.map((workspaceIDs) => ({ workspaceIDs }))) }),
      fc.record({ workspaceIDs: ids }),
      fc.record({ directoryIDs: fc.constantFrom(...DIRECTORIES).map((id) => [id]) }),
    ),
    required: maybe(fc.constantFrom(...APPLICATIONS).map(({ applicationID }) => [{ id: applicationID }])),
    allowed: list,
    denied: list,
    unlisted: fc.constantFrom<'Keep' | 'Disassociate'>('Keep', 'Disassociate'),
    exceptions: maybe(
      fc
        .record({ workspaceIDs: ids, application: matcher, expiresAt: maybe(fc.constantFrom(...EXPIRIES)) })
        .map((one) => [{ ...one, reason: 'audit' }]),
    ),
    deploy: fc.constantFrom<'Automatic' | 'Manual'>('Automatic', 'Automatic', 'Manual'),
    userSessions: fc.constantFrom<'Wait' | 'Interrupt'>('Wait', 'Interrupt'),
    maxInProgress: maybe(fc.constantFrom<number | string>(1, 2, '40%')),
    maxAffectedWorkspaces: fc.constantFrom<number | string>('100%', '100%', '20%', 2),
    allowUninstallOnly: fc.boolean(),
  })
  .map((one) => {
    const { required, allowed, denied, unlisted, deploy, userSessions, maxInProgress } = one;
    const { maxAffectedWorkspaces, allowUninstallOnly, enforcement, suspend, priority, exceptions, selector } = one;
    return {
      enforcement,
      suspend,
      priority,
      workspaceSelector: selector,
      applications: { required, allowed, denied, unlisted },
      exceptions,
      rollout: { deploy, userSessions, maxInProgress },
      safeguards: { maxAffectedWorkspaces, allowUninstallOnly },
    };
  })
  // The CRD rejects them.
  .filter(({ applications: { required, allowed, denied, unlisted } }) => {
    const entries = [required, allowed, denied]
      .flatMap((entries) => entries ?? [])
      .map((entry) => JSON.stringify(entry));
    return (entries.length > 0 || unlisted === 'Disassociate') && new Set(entries).size === entries.length;
  })
  .map((one) => JSON.parse(JSON.stringify(one)) as object);

const policies = fc
  .array(spec, { minLength: 1, maxLength: 4 })
  .map((specs) => specs.map((one, index) => policyObject(`p${index}`, one)));

/** Arbitrary fleets of five WorkSpaces and three applications, with arbitrary policies. */
export const given: fc.Arbitrary<Given> = fc.record({ workspaces, applications, associations, policies });

/** Returns a fleet whose tags and connections are read separately, as from AWS. */
export function fleetWith({ workspaces, applications, associations }: Given): FakeFleet {
  return new FakeFleet({
    workspaces: workspaces.map(({ tags: _tags, connection: _connection, ...one }) => one),
    applications,
    associations,
    tags: Object.fromEntries(workspaces.map(({ workspaceID, tags }) => [workspaceID, Object.fromEntries(tags ?? [])])),
    connections: workspaces.map(({ workspaceID, connection }) => ({
      workspaceID,
      connectionState: connection?.connectionState,
    })),
  });
}
