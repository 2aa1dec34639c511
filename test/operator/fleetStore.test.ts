import { describe, expect, test } from 'vitest';
import { FleetStore } from '../../src/operator/fleetStore.ts';
import { ambientFleet } from '../../src/policy/workspaceFleet.ts';
import { fleetObject } from '../builders.ts';

const AMBIENT = ambientFleet({ callsPerSecond: 2, burst: 5 });
const TEAM_X = { from: 'Selector', selector: { matchLabels: { team: 'x' } } } as const;

function bookOf(...fleets: ReturnType<typeof fleetObject>[]): FleetStore {
  const store = new FleetStore(AMBIENT);
  fleets.forEach((fleet) => void store.put(fleet));
  return store;
}

/** The name of the fleet that a policy in the namespace `desktops` is about, or why there is none. */
function fleetOf(store: FleetStore, fleetRef?: string): string | undefined {
  const assignment = store.assign({ namespace: 'desktops', fleetRef });
  return 'refused' in assignment ? assignment.refused.reason : (assignment.fleet.name ?? 'ambient');
}

function label(store: FleetStore, labels: Record<string, string> | undefined): boolean {
  return store.observeNamespace({
    type: labels === undefined ? 'Deleted' : 'Modified',
    object: { metadata: { name: 'desktops', labels: labels ?? {} } },
  });
}

describe('the fleet of a policy', () => {
  test('is the one that it names', () => {
    expect(fleetOf(bookOf(fleetObject('emea'), fleetObject('default')), 'emea')).toBe('emea');
  });
  test('is the default one if it names none', () => {
    expect(fleetOf(bookOf(fleetObject('emea'), fleetObject('default')))).toBe('default');
  });
  test('is the operator’s own AWS settings if there is no default one', () => {
    expect(fleetOf(bookOf(fleetObject('emea')))).toBe('ambient');
  });
  test('is none if these may not be used', () => {
    expect(fleetOf(new FleetStore(undefined))).toBe('RefNotPermitted');
  });
  test('is none if the named one isn’t there, whatever else is', () => {
    expect(fleetOf(bookOf(fleetObject('default')), 'emea')).toBe('RefNotPermitted');
    expect(fleetOf(bookOf(), 'default')).toBe('RefNotPermitted');
  });
  test('is none if the default one doesn’t admit the namespace: the operator’s own settings are no way around it', () => {
    expect(fleetOf(bookOf(fleetObject('default', { allowedNamespaces: TEAM_X })))).toBe('RefNotPermitted');
  });
  test('is none if the fleet isn’t valid', () => {
    expect(fleetOf(bookOf(fleetObject('emea', { directoryIDs: [] })), 'emea')).toBe('RefNotPermitted');
  });
  test('is none once it is being deleted', () => {
    const store = bookOf(fleetObject('emea'));
    const deleting = fleetObject('emea');
    store.put({ ...deleting, metadata: { ...deleting.metadata, deletionTimestamp: '2026-11-02T12:00:00Z' } });
    expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
  });
});

test('the labels of its namespace admit a policy, and their absence doesn’t', () => {
  const store = bookOf(fleetObject('emea', { allowedNamespaces: TEAM_X }));
  expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
  expect(label(store, { team: 'y' })).toBe(true);
  expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
  expect(label(store, { team: 'x' })).toBe(true);
  expect(fleetOf(store, 'emea')).toBe('emea');
  expect(label(store, { team: 'x' })).toBe(false);
  expect(label(store, undefined)).toBe(true);
  expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
});

test('a namespace that nobody has seen is admitted by no selector, however loose', () => {
  const selector = { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' as const }] };
  const store = bookOf(fleetObject('emea', { allowedNamespaces: { from: 'Selector', selector } }));
  expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
  label(store, {});
  expect(fleetOf(store, 'emea')).toBe('emea');
});

test('a refusal doesn’t tell whether there is such a fleet', () => {
  const closed = bookOf(fleetObject('emea', { allowedNamespaces: TEAM_X }));
  const policy = { namespace: 'desktops', fleetRef: 'emea' };
  expect(closed.assign(policy)).toEqual(bookOf().assign(policy));
});

test('only another generation or another object is a change', () => {
  const store = bookOf(fleetObject('emea'));
  const { metadata, ...fleet } = fleetObject('emea');
  expect(store.put({ ...fleet, metadata: { ...metadata, resourceVersion: '9' } })).toBe(false);
  expect(store.put({ ...fleet, metadata: { ...metadata, generation: 2 } })).toBe(true);
  expect(store.put({ ...fleet, metadata: { ...metadata, generation: 2, uid: 'another' } })).toBe(true);
  expect(store.delete('emea')).toBe(true);
  expect(store.delete('emea')).toBe(false);
});
