import { describe, expect, test } from 'vitest';
import { PolicyStore } from '../../src/operator/policyStore.ts';
import { InvalidResourceError } from '../../src/policy/invalidField.ts';
import { FLEET_LOCATION, NO_LIMITS, policyObject } from '../builders.ts';
import { badManifests } from '../cluster/manifests/corpus.ts';
import { VirtualClock } from '../fakes/clock.ts';

/** Binds every policy to the same fleet without limits. */
const sameFleet = () => ({ limits: NO_LIMITS, scope: FLEET_LOCATION });

const object = policyObject('a');
const key = 'desktops/a';
const withMetadata = (more: object) => ({ ...object, metadata: { ...object.metadata, ...more } });

describe('put', () => {
  test.each<[string, object, string]>([
    ['the same object', object, 'Nothing'],
    ['a new status', { ...object, status: { observedGeneration: 1 } }, 'Nothing'],
    ['an unrelated annotation', withMetadata({ annotations: { 'example.com/x': '1' } }), 'Nothing'],
    ['a label', withMetadata({ labels: { x: '1' } }), 'Nothing'],
    ['a new generation', withMetadata({ generation: 2 }), 'Spec'],
    ['another object of the same name', withMetadata({ uid: 'other' }), 'Spec'],
    [
      'a request to reconcile',
      withMetadata({ annotations: { 'wsap.dev/reconcile-requested-at': '1' } }),
      'Annotations',
    ],
    ['its deletion, which a finalizer delays', withMetadata({ deletionTimestamp: '2026-11-02T12:00:00Z' }), 'Spec'],
  ])('classifies %s: %j %j', (_, next, expected) => {
    const store = new PolicyStore(new VirtualClock(), sameFleet);
    expect(store.put(key, object)).toBe('Spec');
    const before = store.policies();
    expect(store.put(key, next as typeof object)).toBe(expected);
    expect(store.policies() === before).toBe(expected !== 'Spec');
  });
});

describe('an approval is remembered as it first appeared', () => {
  const uid = object.metadata.uid;
  const approving = (
    planID: string | undefined,
    shown: string | undefined,
    objectUID: string = uid,
    more: object = {},
    ready = 'SafeguardExceeded',
  ) => ({
    ...withMetadata({ ...(planID !== undefined && { annotations: { 'wsap.dev/approved-plan': planID } }), ...more }),
    spec: { ...object.spec, enforcement: 'Enforce' },
    status: {
      objectUID,
      ...(shown !== undefined && { plan: { id: shown } }),
      conditions: [{ type: 'Ready', reason: ready }],
    },
  });
  test.each<[string, readonly object[], { planID: string; shownPlanID: string | undefined } | undefined]>([
    [
      'with the plan that the status shows then',
      [approving(undefined, 'a'), approving('a', 'a'), approving('a', 'b')],
      { planID: 'a', shownPlanID: 'a' },
    ],
    [
      'with no plan if the status shows it later',
      [approving('a', undefined), approving('a', 'a')],
      { planID: 'a', shownPlanID: undefined },
    ],
    ['in the first version after a start', [approving('a', 'a')], { planID: 'a', shownPlanID: 'a' }],
    [
      'with no plan at creation',
      [withMetadata({ annotations: { 'wsap.dev/approved-plan': 'a' } })],
      {
        planID: 'a',
        shownPlanID: undefined,
      },
    ],
    [
      'with no plan if the status belongs to another object',
      [approving('a', 'a', 'other')],
      {
        planID: 'a',
        shownPlanID: undefined,
      },
    ],
    [
      'with no plan if the plan requires no approval',
      [approving('a', 'a', uid, {}, 'ReconciliationSucceeded'), approving('a', 'a')],
      { planID: 'a', shownPlanID: undefined },
    ],
    [
      'across edits',
      [approving('a', 'b'), approving('a', 'a', uid, { generation: 2 })],
      { planID: 'a', shownPlanID: 'b' },
    ],
    [
      'anew on another object of the same name',
      [approving('a', 'a'), approving('a', 'a', uid, { uid: 'other' })],
      { planID: 'a', shownPlanID: undefined },
    ],
    [
      'anew after its removal',
      [approving('a', 'b'), approving(undefined, 'b'), approving('a', 'a')],
      { planID: 'a', shownPlanID: 'a' },
    ],
    ['anew with another value', [approving('a', 'b'), approving('b', 'b')], { planID: 'b', shownPlanID: 'b' }],
    ['without spaces', [approving(' a\n', 'a')], { planID: 'a', shownPlanID: 'a' }],
    ['in 64 characters', [approving('a'.repeat(100), 'a')], { planID: 'a'.repeat(64), shownPlanID: 'a' }],
    ['until it is removed', [approving('a', 'a'), approving(undefined, 'a')], undefined],
    ['not while it is empty', [approving(' ', 'a')], undefined],
  ])('%s', (_, versions, expected) => {
    const store = new PolicyStore(new VirtualClock(), sameFleet);
    versions.forEach((version) => void store.put(key, version as typeof object));
    expect(store.get(key)?.annotations.approval).toEqual(expected);
  });

  test('and only its appearance, another value, and its removal are changes', () => {
    const store = new PolicyStore(new VirtualClock(), sameFleet);
    const changes = [undefined, 'a', 'a', 'b', undefined, undefined].map((planID) =>
      store.put(key, approving(planID, 'a') as typeof object),
    );
    expect(changes).toEqual(['Spec', 'Annotations', 'Nothing', 'Annotations', 'Annotations', 'Nothing']);
  });
});

test('an object that is being deleted is ignored', () => {
  const store = new PolicyStore(new VirtualClock(), sameFleet);
  store.put(key, withMetadata({ deletionTimestamp: '2026-11-02T12:00:00Z' }));
  expect(store.get(key)).toBeUndefined();
  expect(store.policies()).toEqual([]);
});

test('an invalid policy is ignored and doesn’t affect others', () => {
  const store = new PolicyStore(new VirtualClock(), sameFleet);
  store.put(key, { ...object, spec: {} } as typeof object);
  store.put('desktops/b', policyObject('b'));
  expect(store.get(key)?.parsed).toBeInstanceOf(InvalidResourceError);
  expect(store.policies().map((policy) => policy.key)).toEqual(['desktops/b']);
});

test('the policies are sorted by key', () => {
  const store = new PolicyStore(new VirtualClock(), sameFleet);
  for (const name of ['c', 'a', 'b']) {
    store.put(`desktops/${name}`, policyObject(name));
  }
  expect(store.policies().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

describe('an invalid policy protects', () => {
  const allowing = { enforcement: 'Enforce', applications: { allowed: [{ name: 'Visio*' }] } };
  test.each<[string, object, boolean]>([
    ['the applications that it allows', { ...allowing, workspaceSelector: { all: true }, newField: 1 }, true],
    ['the applications that it allows, regardless of its selector', { ...allowing, workspaceSelector: 'all' }, true],
    [
      'what it excepts',
      {
        enforcement: 'Enforce',
        newField: 1,
        exceptions: [{ workspaceIDs: ['ws-000000001'], application: { id: 'wsa-visio0000' }, reason: 'x' }],
      },
      true,
    ],
    ['nothing if it only audits', { ...allowing, enforcement: 'Audit', newField: 1 }, false],
    ['nothing while it is suspended', { ...allowing, suspend: true, newField: 1 }, false],
    ['nothing if it allows nothing', { enforcement: 'Enforce', applications: { denied: [{ name: 'Visio*' }] } }, false],
  ])('%s', (_, spec, expected) => {
    const store = new PolicyStore(new VirtualClock(), sameFleet);
    store.put(key, { ...object, spec } as unknown as typeof object);
    expect(store.get(key)?.parsed).toBeInstanceOf(InvalidResourceError);
    expect(store.policies().length === 1).toBe(expected);
    expect(store.policies().flatMap(({ denied }) => denied)).toEqual([]);
  });
});

describe('allowed applications stay protected for five minutes after', () => {
  const allowing = { ...object, spec: { ...object.spec, applications: { allowed: [{ name: 'Visio*' }] } } };
  const silent = {
    ...allowing,
    spec: { ...allowing.spec, suspend: true },
    metadata: { ...object.metadata, generation: 2 },
  };
  test.each<[string, (store: PolicyStore) => unknown]>([
    ['its deletion', (store) => store.delete(key)],
    [
      'the start of its deletion',
      (store) => store.put(key, { ...allowing, metadata: { ...object.metadata, deletionTimestamp: 'now' } }),
    ],
    ['its suspension', (store) => store.put(key, silent)],
    ['an edit', (store) => store.put(key, { ...object, metadata: { ...object.metadata, generation: 2 } })],
  ])('%s', async (_, change) => {
    const clock = new VirtualClock();
    const store = new PolicyStore(clock, sameFleet);
    store.put(key, allowing);
    change(store);
    const protecting = () => store.policies().filter(({ allowed, suspend }) => allowed.length > 0 && !suspend).length;
    expect(protecting()).toBe(1);
    const track = store.policies();
    await clock.advance(5 * 60_000 - 1);
    expect(store.policies()).toBe(track);
    await clock.advance(1);
    expect(protecting()).toBe(0);
  });
});

test('an edit that keeps the protection of a policy adds no second one', () => {
  const store = new PolicyStore(new VirtualClock(), sameFleet);
  const allowing = { ...object, spec: { ...object.spec, applications: { allowed: [{ name: 'Visio*' }] } } };
  store.put(key, allowing);
  store.put(key, {
    ...allowing,
    spec: { ...allowing.spec, interval: '1h' },
    metadata: { ...object.metadata, generation: 2 },
  } as never);
  expect(store.policies()).toHaveLength(1);
});

test('overlapping policies change only with policies that can share WorkSpaces', () => {
  const store = new PolicyStore(new VirtualClock(), sameFleet);
  const over = (name: string, ...directoryIDs: string[]) => policyObject(name, { workspaceSelector: { directoryIDs } });
  const edited = (policy: ReturnType<typeof over>) => ({ ...policy, metadata: { ...policy.metadata, generation: 2 } });
  const put = (policy: ReturnType<typeof over>) => store.put(`desktops/${policy.metadata.name}`, policy);
  put(over('a', 'd-9a67b1c4e1'));
  put(over('b', 'd-9a67b1c4e1', 'd-9a67b1c4e2'));
  put(over('c', 'd-9a67b1c4e3'));
  const overlapping = (name: string) => {
    const parsed = store.get(`desktops/${name}`)?.parsed;
    return parsed === undefined || parsed instanceof InvalidResourceError ? [] : store.overlapping(parsed);
  };
  const [before, ofC] = [overlapping('a'), overlapping('c')];
  expect(before.map(({ name }) => name)).toEqual(['a', 'b']);
  put(edited(over('c', 'd-9a67b1c4e2')));
  expect(overlapping('a')).toBe(before);
  expect(overlapping('c').map(({ name }) => name)).toEqual(['b', 'c']);
  expect(overlapping('c')).not.toBe(ofC);
  put(edited(over('b', 'd-9a67b1c4e2')));
  expect(overlapping('a').map(({ name }) => name)).toEqual(['a']);
  store.delete('desktops/a');
  expect(overlapping('a')).toEqual([]);
});

test('an invalid manifest that an older CRD accepts doesn’t affect others or remove applications', () => {
  const store = new PolicyStore(new VirtualClock(), sameFleet);
  store.put(key, object);
  const invalid = badManifests.filter(({ offline }) => offline !== undefined);
  invalid.forEach(({ resource }, index) => void store.put(`invalid/${index}`, resource as typeof object));
  expect(invalid.length).toBeGreaterThan(40);
  expect(
    invalid.filter((_, index) => !(store.get(`invalid/${index}`)?.parsed instanceof InvalidResourceError)),
  ).toEqual([]);
  expect(store.policies().flatMap((policy) => (policy.denied.length > 0 ? [policy.key] : []))).toEqual([key]);
});
