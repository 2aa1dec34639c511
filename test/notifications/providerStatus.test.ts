import { expect, test } from 'vitest';
import { providerStatus } from '../../src/notifications/providerStatus.ts';

const NOW = new Date('2027-01-02T00:00:00Z');

test('a provider whose last message was abandoned says how to check the receiver', () => {
  const record = {
    id: '0123456789abcdef0123456789abcdef',
    event: 'PlanAwaitingApproval',
    namespace: 'desktops',
    policy: 'no-visio',
    state: 'Abandoned',
    attempts: 3,
    time: '2027-01-01T00:00:00Z',
    message: 'HTTP 404; the address does not exist; update the Secret',
  } as const;
  const view = { generation: 1, suspend: false, problem: undefined, pending: 0, lastSentTime: undefined };
  const { conditions } = providerStatus({ ...view, records: [record], lastTest: undefined }, undefined, NOW);
  expect(conditions).toMatchObject([
    {
      type: 'Ready',
      status: 'False',
      reason: 'SendFailed',
      message:
        'HTTP 404; the address does not exist; update the Secret; 0 notifications sent, 0 waiting; to check the receiver, send a test message with wsap notify --test',
    },
  ]);
});
