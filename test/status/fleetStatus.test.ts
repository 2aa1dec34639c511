import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type FleetView, fleetStatus, fleetStatusChanged, invalidFleetStatus } from '../../src/status/fleetStatus.ts';
import { fleetNamed } from '../builders.ts';

const NOW = new Date('2026-11-02T12:00:00Z');
const IDENTITY = { accountID: '111111111111', arn: 'arn:aws:iam::111111111111:user/x', region: 'eu-central-1' };
const VIEW: FleetView = {
  identity: IDENTITY,
  blocker: undefined,
  policies: 2,
  sizes: { workspaces: 812, applications: 25 },
  lastInventory: {
    startedAt: new Date('2026-11-02T11:59:00Z'),
    duration: 801_200,
    queries: { workspaces: 'ListAll', associations: 'ByApplication', calls: 1_606 },
    calls: [
      { operation: 'DescribeWorkspaces', result: 'Success', count: 400 },
      { operation: 'DescribeWorkspaces', result: 'Throttled', count: 2 },
      { operation: 'DescribeApplications', result: 'Success', count: 1 },
      { operation: 'DescribeApplications', result: 'Unavailable', count: 1 },
    ],
  },
  disassociations: [{ time: new Date('2026-11-02T11:30:00Z'), count: 3 }],
  rate: { callsPerSecond: 1.99999, expectedWait: 61_400 },
};

const statusOf = (view: Partial<FleetView> = {}, previous?: Parameters<typeof fleetStatus>[2], now = NOW) =>
  fleetStatus(fleetNamed(), { ...VIEW, ...view }, previous, now);
const readiness = (status: ReturnType<typeof statusOf>) =>
  status.conditions?.map((one) => `${one.type}=${one.status} ${one.reason}`);

const ajv = new Ajv({ strict: false, allErrors: true });
(addFormats as unknown as (ajv: Ajv) => void)(ajv);
const crd = parse(readFileSync(new URL('../../crds/workspacefleets.yaml', import.meta.url), 'utf8'));
const validate = ajv.compile(crd.spec.versions[0].schema.openAPIV3Schema.properties.status);

test('shows the statistics of the last inventory and the rate limit', () => {
  expect(statusOf()).toMatchObject({
    observedGeneration: 1,
    accountID: '111111111111',
    policies: 2,
    workspaces: 812,
    applications: 25,
    lastInventoryTime: '2026-11-02T11:59:00Z',
    disassociationsLastHour: 3,
    recentDisassociations: [{ time: '2026-11-02T11:30:00Z', count: 3 }],
    rateLimit: { requestsPerMinute: 120, waitTime: '1m1s' },
    lastInventory: {
      startTime: '2026-11-02T11:59:00Z',
      duration: '13m21s',
      totalCalls: 404,
      throttledCalls: 2,
      failedCalls: 1,
      estimatedCalls: 1_606,
      workspaceQuery: 'ListAll',
      associationQuery: 'ByApplication',
      calls: ['DescribeApplications 2', 'DescribeWorkspaces 402'],
    },
  });
});

describe('the conditions of a fleet', () => {
  test.each<[string, Partial<FleetView>, string[]]>([
    ['connected', {}, ['Ready=True Connected']],
    ['connecting', { identity: undefined }, ['Ready=Unknown Connecting', 'Reconciling=True Connecting']],
    [
      'with a problem that requires manual action',
      { blocker: { reason: 'AccessDenied', message: 'no', terminal: true } },
      ['Ready=False AccessDenied', 'Stalled=True AccessDenied'],
    ],
    [
      'with a problem that is retried',
      { blocker: { reason: 'Unavailable', message: 'no', terminal: false } },
      ['Ready=False Unavailable', 'Reconciling=True ProgressingWithRetry'],
    ],
  ])('%s', (_, view, expected) => {
    expect(readiness(statusOf(view))).toEqual(expected);
  });
});

test('keeps the number of WorkSpaces until a listing counts them again', () => {
  const status = statusOf({ sizes: { workspaces: undefined, applications: 26 } }, statusOf());
  expect(status).toMatchObject({ workspaces: 812, applications: 26 });
});

test('keeps the earlier values of what this process has not read yet', () => {
  const unread = statusOf({ sizes: undefined, lastInventory: undefined }, statusOf());
  expect(unread).toMatchObject({ workspaces: 812, applications: 25, lastInventory: { totalCalls: 404 } });
});

test('drops what an earlier spec described, for example, the WorkSpaces of another region and the times of another queue', () => {
  const events = {
    delivery: { status: 'True', reason: 'Receiving', cause: undefined } as const,
    otherQueueReader: undefined,
    receivedAt: NOW,
    lastEventAt: NOW,
    provenAt: NOW,
    pendingRefreshes: 0,
  };
  const before = { ...statusOf({ events }), observedGeneration: 0 };
  expect(before.events).toHaveProperty('lastEventTime');
  const unread = { receivedAt: undefined, lastEventAt: undefined, provenAt: undefined };
  const status = statusOf({ sizes: undefined, lastInventory: undefined, events: { ...events, ...unread } }, before);
  expect(status).toMatchObject({ accountID: '111111111111', policies: 2 });
  for (const field of ['workspaces', 'applications', 'lastInventoryTime', 'lastInventory', 'events']) {
    expect(status).not.toHaveProperty(field);
  }
  // The API server rejects an object that loses its last field in server-side apply.
  expect(status).not.toHaveProperty('events');
});

test('statistics alone are written at most once a minute, other changes immediately', () => {
  const before = statusOf();
  const pass = { ...VIEW.lastInventory, startedAt: NOW } as NonNullable<FleetView['lastInventory']>;
  const figures = statusOf({ lastInventory: pass, rate: undefined }, before);
  const isWritten = (next: typeof before, time: string) => fleetStatusChanged(before, next, new Date(time));
  expect(isWritten(before, '2026-11-02T13:00:00Z')).toBe(false);
  expect(isWritten(figures, '2026-11-02T11:59:59Z')).toBe(false);
  expect(isWritten(figures, '2026-11-02T12:00:00Z')).toBe(true);
  // The clock was set back.
  expect(isWritten(figures, '2026-11-02T11:58:00Z')).toBe(true);
  expect(isWritten(statusOf({ policies: 3 }, before), '2026-11-02T11:59:01Z')).toBe(true);
  expect(fleetStatusChanged(undefined, before, NOW)).toBe(true);
});

test('is valid, whatever AWS responds', () => {
  for (const status of [
    statusOf(),
    statusOf({ identity: { ...IDENTITY, arn: `arn:\u001b[2J${'x'.repeat(5_000)}` } }),
    statusOf({ blocker: { reason: 'Unavailable', message: '\u202e'.repeat(5_000), terminal: false } }),
    invalidFleetStatus(3, 'x'.repeat(5_000), undefined, NOW),
  ]) {
    expect(validate(JSON.parse(JSON.stringify(status))), JSON.stringify(validate.errors)).toBe(true);
    expect(JSON.stringify(status)).not.toMatch(/\\u001b|\u202e/);
  }
});

describe('anchors of the audit log', () => {
  const head = (sequence: number, chain = 'wsap-1') => ({ chain, sequence, hash: String(sequence % 10).repeat(64) });
  const minute = (count: number) => new Date(NOW.getTime() + count * 60_000);

  test('show the last record of each of the last processes, the newest first', () => {
    let status = statusOf({ auditHead: head(1) });
    expect(status.audit).toEqual([{ ...head(1), time: '2026-11-02T12:00:00Z' }]);
    for (let process = 2; process <= 12; process++) {
      status = statusOf({ auditHead: head(process, `wsap-${process}`) }, status, minute(process));
    }
    expect(status.audit?.map(({ chain }) => chain)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((n) => `wsap-${n}`));
    expect(validate(JSON.parse(JSON.stringify(status)))).toBe(true);
  });

  test('are updated at most once a minute, and when the process ends', () => {
    const first = statusOf({ auditHead: head(1) });
    expect(statusOf({ auditHead: head(2) }, first, new Date(NOW.getTime() + 59_000)).audit).toEqual(first.audit);
    expect(statusOf({ auditHead: head(2) }, first, minute(1)).audit).toEqual([
      { ...head(2), time: '2026-11-02T12:01:00Z' },
    ]);
    expect(statusOf({ auditHead: head(1) }, first, minute(5)).audit).toEqual(first.audit);
    const last = statusOf({ auditHead: head(2), isAuditEnded: true }, first, new Date(NOW.getTime() + 1_000));
    expect(last.audit).toEqual([{ ...head(2), time: '2026-11-02T12:00:01Z' }]);
  });

  test('survive a process without records and an invalid fleet', () => {
    const before = statusOf({ auditHead: head(1) });
    expect(statusOf({}, before).audit).toEqual(before.audit);
    expect(invalidFleetStatus(3, 'invalid', before, NOW).audit).toEqual(before.audit);
  });
});

describe('the account of an earlier process', () => {
  const previous = { accountID: '222222222222' };
  const blocker = { reason: 'AccountMismatch', message: 'no', terminal: true };
  const unidentified = { ...VIEW, identity: undefined, blocker };
  test.each<[rule: string, spec: Parameters<typeof fleetNamed>[1], expected: string | undefined]>([
    ['remains if the fleet isn’t used', {}, '222222222222'],
    ['remains if the resource names it', { expectedAccountID: '222222222222' }, '222222222222'],
    ['is removed if the resource names another one', { expectedAccountID: '333333333333' }, undefined],
    ['is removed if the role is in another one', { roleARN: 'arn:aws:iam::333333333333:role/wsap' }, undefined],
  ])('%s', (_, spec, expected) => {
    expect(fleetStatus(fleetNamed('emea', spec), unidentified, previous, NOW).accountID).toBe(expected);
  });
  test('is replaced by the one that AWS reports', () => {
    expect(statusOf({}, previous).accountID).toBe('111111111111');
  });
  test('remains while the resource is invalid', () => {
    expect(invalidFleetStatus(1, 'no', previous, NOW).accountID).toBe('222222222222');
  });
});
