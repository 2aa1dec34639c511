import { describe, expect, test } from 'vitest';
import { type NotifiedPolicy, noticesOf } from '../../src/notifications/notices.ts';
import { selectsNotice } from '../../src/notifications/selection.ts';
import { toLabelSelector } from '../../src/policy/labelSelector.ts';
import { conditionOf, noticeOf, policyWith, providerWith, waitingPolicy } from './policies.ts';

const eventsOf = (policy: NotifiedPolicy) => noticesOf(policy).map(({ event }) => event);
const HALTED = { workspaces: 9, completed: 1, remaining: 7, failed: 1, halted: true };
const FINISHED = {
  workspaces: 9,
  completed: 9,
  remaining: 0,
  failed: 0,
  startTime: '2027-01-02T00:00:00Z',
  completionTime: '2027-01-02T01:00:00Z',
};

describe('the notices of a policy', () => {
  test.each<[string, NotifiedPolicy, string[]]>([
    ['none without a status', policyWith({}), []],
    ['a plan that waits for approval', waitingPolicy(), ['PlanAwaitingApproval']],
    [
      'none for an approved plan',
      policyWith({ plan: { id: 'a' }, lastApprovedPlan: 'a' }, { spec: { enforcement: 'Approve' } }),
      [],
    ],
    [
      'a plan that exceeds the safeguard',
      policyWith({
        plan: { id: 'a' },
        conditions: [
          conditionOf('Ready', 'SafeguardExceeded'),
          conditionOf('Stalled', 'SafeguardExceeded', '', 'True'),
        ],
      }),
      ['SafeguardExceeded'],
    ],
    [
      'a halted rollout, which is not another stalled policy',
      policyWith({ rollout: HALTED, conditions: [conditionOf('Stalled', 'RolloutHalted', '', 'True')] }),
      ['RolloutHalted'],
    ],
    ['a complete rollout', policyWith({ rollout: FINISHED }), ['RolloutFinished']],
    ['none for a rollout without changes', policyWith({ rollout: { ...FINISHED, startTime: undefined as never } }), []],
    ['none for a rollout in progress', policyWith({ rollout: { ...FINISHED, remaining: 1 } }), []],
    [
      'holds that the status counts but does not list',
      policyWith({
        conditions: [
          conditionOf(
            'Compliant',
            'Failed',
            '3 of 9 WorkSpaces comply; 6 drifted, 1 failed, 5 held (3 Conflict, 2 Flapping)',
          ),
        ],
      }),
      ['Conflict', 'Flapping'],
    ],
    [
      'a hold as the reason of Compliant',
      policyWith({ conditions: [conditionOf('Compliant', 'Flapping')] }),
      ['Flapping'],
    ],
    [
      'a stalled policy',
      policyWith({ conditions: [conditionOf('Stalled', 'RefNotPermitted', '', 'True')] }),
      ['PolicyStalled'],
    ],
    [
      'none for the status of an earlier object',
      policyWith({ objectUID: 'earlier', conditions: [conditionOf('Stalled', 'X', '', 'True')] }),
      [],
    ],
  ])('%s', (_, policy, events) => {
    expect(eventsOf(policy)).toEqual(events);
  });

  test('keep their ID across edits that do not change the situation, and get another one with the next situation', () => {
    const { id } = noticeOf(waitingPolicy());
    const edited = waitingPolicy();
    const current = {
      ...edited,
      metadata: { ...edited.metadata, generation: 3 },
      status: { ...edited.status, observedGeneration: 3 },
    };
    expect(noticeOf(current).id).toBe(id);
    expect(noticeOf(waitingPolicy('no-visio', 'b')).id).not.toBe(id);
    expect(noticeOf(waitingPolicy('other')).id).not.toBe(id);
    const finished = noticeOf(policyWith({ rollout: FINISHED }));
    expect(noticeOf(policyWith({ rollout: { ...FINISHED, completionTime: '2027-01-03T00:00:00Z' } })).id).not.toBe(
      finished.id,
    );
  });

  test('are current only for the observed spec of a policy that is neither suspended nor deleted', () => {
    expect(noticeOf(waitingPolicy()).isCurrent).toBe(true);
    const { metadata, spec, status } = waitingPolicy();
    for (const other of [
      { metadata: { ...metadata, generation: 3 }, spec, status },
      { metadata, spec: { ...spec, suspend: true }, status },
      { metadata: { ...metadata, deletionTimestamp: '2027-01-01T00:00:00Z' }, spec, status },
    ]) {
      expect(noticeOf(other)).toMatchObject({ id: noticeOf(waitingPolicy()).id, isCurrent: false });
    }
  });
});

describe('a provider selects', () => {
  const now = new Date('2027-01-02T02:00:00Z');
  const selector = toLabelSelector({ team: 'desktops' }, [], 'spec.namespaces.selector');

  test.each<[string, Parameters<typeof providerWith>[0], Record<string, string> | undefined, boolean]>([
    ['every namespace without a selector', {}, undefined, true],
    ['a namespace whose labels match', { namespaces: selector }, { team: 'desktops' }, true],
    ['no namespace whose labels differ', { namespaces: selector }, { team: 'other' }, false],
    ['no unknown namespace with a selector', { namespaces: selector }, undefined, false],
    ['only its events', { events: new Set(['Conflict'] as const) }, {}, false],
  ])('%s', (_, overrides, labels, expected) => {
    expect(selectsNotice(providerWith(overrides), noticeOf(waitingPolicy()), labels, now)).toBe(expected);
  });

  test('a complete rollout of the last 24 hours that ended after the provider was created', () => {
    const notice = noticeOf(policyWith({ rollout: FINISHED }));
    const selects = (overrides: Parameters<typeof providerWith>[0], at = now) =>
      selectsNotice(providerWith(overrides), notice, {}, at);
    expect(selects({})).toBe(true);
    expect(selects({ createdAt: new Date('2027-01-02T01:30:00Z') })).toBe(false);
    expect(selects({}, new Date('2027-01-03T02:00:00Z'))).toBe(false);
  });
});
