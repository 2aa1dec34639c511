import { VISIO } from './applications.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';

const PROJECT = { name: 'Microsoft Project*', owner: 'AMAZON' };
const window = { cron: '0 0-23/2 * * *', duration: '60m', timeZone: 'UTC' };
const exception = { workspaceIDs: ['ws-00000001'], application: VISIO, reason: 'audit' };
const expression = { key: 'Department', operator: 'In', values: ['Finance'] };
const rollout = { userSessions: 'Interrupt' };
const safeguards = { maxAffectedWorkspaces: '100%' };

/** Policy whose fields the edits change one by one. */
export const BASE_POLICY: Partial<PolicySpec> = {
  workspaceSelector: { all: true },
  applications: { denied: [VISIO], allowed: [PROJECT] },
  rollout,
  safeguards,
};

const selecting = (workspaceSelector: PolicySpec['workspaceSelector']) => ({ workspaceSelector });
const excluding = (exclude: PolicySpec['workspaceSelector']['exclude']) =>
  selecting({ all: true, ...(exclude && { exclude }) });
const retrying = (retry: PolicySpec['retry']) => ({ ...(retry && { retry }) });

/** Edits of every field of a WorkspaceApplicationPolicy. */
export const POLICY_EDITS: readonly Partial<PolicySpec>[] = [
  { fleetRef: { name: 'nowhere' } },
  { enforcement: 'Audit' },
  { enforcement: 'Approve' },
  { suspend: true },
  { priority: 5 },
  { interval: '1m' },
  selecting({ workspaceIDs: ['ws-00000001', 'ws-00000002'] }),
  selecting({ directoryIDs: ['d-0000000001'] }),
  selecting({ bundleIDs: ['wsb-00000001'] }),
  selecting({ userNames: ['user1', 'user?2', 'u*3'] }),
  selecting({ tags: { matchTags: { Department: 'Finance' } } }),
  selecting({ tags: { matchExpressions: [expression, { key: 'Owner', operator: 'DoesNotExist' }] } }),
  selecting({ lastConnectedBefore: '1h', neverConnected: 'Include' }),
  selecting({ lastConnectedBefore: '2h', neverConnected: 'Exclude' }),
  excluding({ workspaceIDs: ['ws-00000001'] }),
  excluding({ userNames: ['*2'] }),
  excluding({ tags: { matchTags: { Department: 'Sales' } } }),
  excluding({ tags: { matchExpressions: [{ key: 'Department', operator: 'NotIn', values: ['Finance'] }] } }),
  { applications: { denied: [{ name: 'Microsoft Visio*', owner: 'AMAZON' }] } },
  { applications: { denied: [{ name: 'Microsoft Visio*', owner: '111111111111' }] } },
  { applications: { required: [VISIO] } },
  { applications: { required: [{ name: 'Microsoft Visio*', owner: 'AMAZON' }] } },
  { applications: { allowed: [VISIO], unlisted: 'Disassociate' } },
  { applications: { allowed: [{ name: '*Office*', owner: 'AMAZON' }], denied: [VISIO] } },
  { exceptions: [exception] },
  {
    exceptions: [
      { ...exception, application: { name: 'Microsoft Visio*', owner: 'AMAZON' }, expiresAt: '2026-01-05T10:03:00Z' },
    ],
  },
  { rollout: { ...rollout, deploy: 'Manual' } },
  { rollout: { userSessions: 'Wait' } },
  { rollout: { ...rollout, replacements: 'Sequential' } },
  { rollout: { userSessions: 'Wait', disconnectedFor: '2m' } },
  { rollout: { ...rollout, removeBefore: 'EndOfMonth' } },
  { rollout: { ...rollout, maxFailures: 1 } },
  { rollout: { ...rollout, maxInProgress: '30%' } },
  { rollout: { ...rollout, maintenanceWindows: [window] } },
  {
    rollout: {
      ...rollout,
      maintenanceWindows: [{ ...window, cron: '3 11 * * *', timeZone: 'Europe/Berlin', duration: '2m' }],
    },
  },
  { safeguards: { maxAffectedWorkspaces: 1 } },
  { safeguards: { ...safeguards, allowUninstallOnly: true } },
  { safeguards: { ...safeguards, unmanagedPendingChanges: 'Deploy' } },
  retrying({ limit: 1 }),
  retrying({ backoff: { duration: '20s', factor: 3, maxDuration: '1m' } }),
];

/** URL of the queue of the simulated cloud. */
export const QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/wsap-events';

/** Fleet whose fields the edits change one by one. */
export const BASE_FLEET: Partial<FleetSpec> = {};

/** Edits of every field of a WorkspaceFleet. */
export const FLEET_EDITS: readonly Partial<FleetSpec>[] = [
  { region: 'eu-west-1' },
  { roleARN: 'arn:aws:iam::123456789012:role/wsap', externalID: 'desktops' },
  { expectedAccountID: '123456789012' },
  { expectedAccountID: '210987654321' },
  { directoryIDs: ['d-0000000001'] },
  { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'others' } } } },
  {
    allowedNamespaces: {
      from: 'Selector',
      selector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['others'] }] },
    },
  },
  { rateLimit: { requestsPerMinute: 180, burst: 4 } },
  { exceptions: 'Forbid' },
  { suspend: true },
  { maxDisassociationsPerHour: 3 },
  { events: { queueURL: QUEUE_URL } },
  { events: { queueURL: QUEUE_URL, resyncInterval: '1h' } },
];
