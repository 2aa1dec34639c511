import { pino } from 'pino';
import { expect, test } from 'vitest';
import { ApiError } from '../../src/kube/apiError.ts';
import { POLICIES } from '../../src/kube/resources.ts';
import { fleetBlocker } from '../../src/operator/fleetBlocker.ts';
import { type FleetName, FleetStore } from '../../src/operator/fleetStore.ts';
import { PolicyReconciler } from '../../src/operator/policyReconciler.ts';
import { PolicyStore } from '../../src/operator/policyStore.ts';
import { ServedSchemas } from '../../src/operator/servedSchemas.ts';
import { compileGlobs } from '../../src/policy/globList.ts';
import { InvalidResourceError } from '../../src/policy/invalidField.ts';
import { UnknownFieldsError } from '../../src/policy/parseServed.ts';
import { FLEET_LOCATION, fleetObject, NO_LIMITS, policy, policyObject, VISIO } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';

const key = 'desktops/a';
const allowed = { applications: { allowed: [{ id: VISIO }] }, workspaceSelector: { userNames: ['a'] } };
const withOrder = (order: string) => policyObject('a', { ...allowed, rollout: { order } } as never);
const withPartition = (partition: string) => fleetObject('emea', { partition } as never);

/** The part of the API server that serves the schemas of a newer CRD. */
class NewerApiServer {
  readonly clock = new VirtualClock();
  reads = 0;
  error: ApiError | undefined;
  readonly #kind = (kind: string, spec: object) => ({
    'x-kubernetes-group-version-kind': [{ group: 'wsap.dev', version: 'v1alpha1', kind }],
    properties: { spec: { properties: spec } },
  });
  readonly schemas = new ServedSchemas({
    client: { request: async () => this.#answer() as never },
    clock: this.clock,
    stopping: new AbortController().signal,
  });
  readonly policies = new PolicyStore(this.clock, () => ({ limits: NO_LIMITS, scope: FLEET_LOCATION }), this.schemas);
  readonly fleets = new FleetStore(undefined, this.schemas);
  /** Policies and fleets that changed with the schemas. */
  readonly changed: string[] = [];

  constructor() {
    this.schemas.subscribe(() => {
      this.changed.push(...this.policies.reparse(), ...this.fleets.reparse());
    });
  }

  async #answer() {
    this.reads++;
    if (this.error !== undefined) {
      throw this.error;
    }
    const rollout = { properties: { order: { default: 'None' } } };
    const schemas = [
      this.#kind('WorkspaceApplicationPolicy', { rollout }),
      this.#kind('WorkspaceFleet', { partition: { default: 'aws' } }),
    ];
    return { components: { schemas: Object.fromEntries(schemas.map((schema, index) => [index, schema])) } };
  }
}

test('a policy with the defaults of a newer CRD is valid once the schema is read, and protects the same before and after', async () => {
  const { policies, schemas, changed } = new NewerApiServer();
  policies.put(key, withOrder('None'));
  expect(policies.get(key)?.parsed).toBeInstanceOf(UnknownFieldsError);
  expect(policies.policies()).toMatchObject([
    { key, allowed: [{ id: VISIO }], workspaceSelector: { userNames: compileGlobs(['a']) } },
  ]);
  await schemas.settled();
  expect(changed).toEqual([key]);
  expect(policies.get(key)?.parsed).toMatchObject({ key });
  expect(policies.policies()).toHaveLength(1);
  expect(policies.admitted(key)).toMatchObject({ enforcement: 'Enforce' });
});

test('a policy with a field that a user set stays unknown, and protects', async () => {
  const { policies, schemas, changed } = new NewerApiServer();
  policies.put(key, withOrder('ByUser'));
  await schemas.settled();
  expect(changed).toEqual([]);
  expect(policies.get(key)?.parsed).toBeInstanceOf(InvalidResourceError);
  expect(policies.admitted(key)).toBeUndefined();
  expect(policies.policies()).toMatchObject([{ key, allowed: [{ id: VISIO }] }]);
});

test('the next version of a policy counts, and a deleted one doesn’t come back', async () => {
  const server = new NewerApiServer();
  const { policies, schemas } = server;
  policies.put(key, withOrder('None'));
  policies.delete(key);
  await schemas.settled();
  expect(server.changed).toEqual([]);
  expect(policies.keys()).toEqual([]);
});

test('many policies lead to one read, and a field that came later to another one', async () => {
  const server = new NewerApiServer();
  const { policies, schemas, clock } = server;
  for (let n = 0; n < 100; n++) {
    policies.put(`desktops/${n}`, withOrder('ByUser'));
  }
  await schemas.settled();
  expect(server.reads).toBe(1);
  await clock.advance(5_000);
  await schemas.refresh();
  expect(server.reads).toBe(2);
});

test('without the schema, every unknown field counts as set by a user', async () => {
  const server = new NewerApiServer();
  server.error = new ApiError({ verb: 'get', resource: POLICIES }, { code: 403, text: 'forbidden' });
  server.policies.put(key, withOrder('None'));
  await server.schemas.refresh();
  expect(server.schemas.error?.code).toBe(403);
  expect(server.policies.get(key)?.parsed).toBeInstanceOf(UnknownFieldsError);
});

test('a fleet with the defaults of a newer CRD is usable once the schema is read', async () => {
  const { fleets, schemas, changed } = new NewerApiServer();
  fleets.put(withPartition('aws'));
  expect(fleets.get('emea')).toMatchObject({ unknownFields: ['spec.partition'] });
  await schemas.settled();
  expect(changed).toEqual(['emea']);
  expect(fleets.get('emea')).not.toHaveProperty('unknownFields');
});

test('the policies of a fleet with a field that a user set are assigned to it, and not evaluated', async () => {
  const { fleets, schemas } = new NewerApiServer();
  fleets.put(withPartition('aws-cn'));
  await schemas.settled();
  const fleet = fleets.of(policy('p', { fleetRef: { name: 'emea' } }));
  expect(fleet && fleetBlocker(policy(), fleet, undefined)).toMatchObject({
    reason: 'FleetNotReady',
    message: expect.stringContaining('UnknownFields'),
    terminal: true,
  });
});

test('a policy runs in its fleet, which is known once the schema is read', async () => {
  const { policies, fleets, schemas, clock } = new NewerApiServer();
  const owned: FleetName[] = [];
  const reconciler = new PolicyReconciler({
    fleets: {
      assign: (one) => fleets.assign(one),
      get: () => undefined,
      onUse: () => {},
      forget: () => {},
    },
    owned: (name) => {
      owned.push(name);
      return undefined;
    },
    store: policies,
    statusCache: undefined as never,
    schemas,
    lastContactAt: () => clock.monotonic(),
    events: { record: () => {} },
    clock,
    random: () => 0,
    stopping: new AbortController().signal,
  });
  fleets.put(fleetObject('emea'));
  policies.put(key, policyObject('a', { rollout: { order: 'None' }, fleetRef: { name: 'emea' } } as never));
  await reconciler.run(key, pino({ level: 'silent' }));
  expect(owned).toEqual(['emea']);
});
