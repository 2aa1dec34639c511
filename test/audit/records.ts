import { AuditTrail } from '../../src/audit/auditTrail.ts';
import type { IntentRecord, OutcomeRecord } from '../../src/audit/record.ts';
import { MemoryAuditSink } from '../fakes/auditSink.ts';
import { VirtualClock } from '../fakes/clock.ts';

/** Returns the intent of a disassociation. */
export function intent(changed: Partial<IntentRecord> = {}): IntentRecord {
  return {
    kind: 'Intent',
    call: 'DisassociateWorkspaceApplication',
    force: false,
    workspaceID: 'ws-000000001',
    userName: 'alice',
    changes: [
      {
        applicationID: 'wsa-visio0000',
        applicationName: 'Microsoft Visio LTSC 2021',
        before: 'COMPLETED',
        desired: 'Absent',
        verdict: 'Denied',
        reason: 'the policy desktops/no-visio denies Microsoft Visio*',
        revert: false,
      },
    ],
    alsoPending: [],
    policy: { namespace: 'desktops', name: 'no-visio', uid: 'uid-of-no-visio', generation: 1 },
    plan: '5f2c0a9d8e7b6c51',
    editedBy: { manager: 'argocd-controller', operation: 'Apply', time: '2026-01-05T09:00:00Z' },
    approvedBy: null,
    fleet: 'emea',
    accountID: '123456789012',
    region: 'eu-central-1',
    caller: 'arn:aws:sts::123456789012:assumed-role/wsap/session',
    ...changed,
  };
}

/** Returns the outcome of a call that AWS accepted. */
export function succeeded(requestID: string, changed: Partial<OutcomeRecord> = {}) {
  return {
    result: 'Succeeded',
    requestIDs: [requestID],
    sentAt: '2026-01-05T10:00:00Z',
    confirmedByRead: false,
    after: [{ applicationID: 'wsa-visio0000', state: 'PENDING_UNINSTALL_DEPLOYMENT' }],
    error: null,
    ...changed,
  } as const satisfies Omit<OutcomeRecord, 'kind' | 'intent'>;
}

/** Creates a trail in memory. */
export function createTrail(identity = 'wsap-1', sink = new MemoryAuditSink(), clock = new VirtualClock()) {
  const availability: (string | undefined)[] = [];
  const trail = new AuditTrail({
    sink,
    identity,
    version: '0.2.0',
    clock,
    onAvailability: (error) => void availability.push(error?.message),
  });
  return { trail, sink, clock, availability };
}

/** Writes changes to a log, one second apart. */
export async function writeChanges(trail: AuditTrail, clock: VirtualClock, count: number, first = 1): Promise<void> {
  for (let number = first; number < first + count; number++) {
    const call = await trail.begin(intent({ workspaceID: `ws-${String(number).padStart(9, '0')}` }));
    await call.end(succeeded(`request-${number}`));
    await clock.advance(1_000);
  }
}
