import { describe, expect, test } from 'vitest';
import type { ApiClient, ApiRequest } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import { PROVIDERS } from '../../../src/kube/resources.ts';
import { noticesOf } from '../../../src/notifications/notices.ts';
import { conditionOf, noticeOf, policyWith, waitingPolicy } from '../../notifications/policies.ts';
import { ProviderCluster } from './providerCluster.ts';

const UNAVAILABLE = new ApiError({ verb: 'patch', resource: PROVIDERS }, { code: 503, text: 'unavailable' });
const MINUTE = 60_000;

function clusterWith(...args: ConstructorParameters<typeof ProviderCluster>): ProviderCluster {
  const cluster = new ProviderCluster(...args);
  cluster.notices = [noticeOf(waitingPolicy())];
  return cluster;
}

/** Returns an `Enforce` policy with a plan that exceeds the safeguard, if `reason` doesn't show a failed read. */
function exceedingPolicy(reason: string): ReturnType<typeof policyWith> {
  const { status = {} } = waitingPolicy();
  return policyWith({ ...status, conditions: [conditionOf('Ready', reason)] });
}

/** Returns a hook for writes that makes the API server unavailable after the first message was sent. */
function unavailableAfterRequest({ sent }: ProviderCluster): () => void {
  return () => {
    if (sent.length > 0) {
      throw UNAVAILABLE;
    }
  };
}

describe('a run of a provider', () => {
  test('records the intent before the request, and the result after it', async () => {
    const cluster = clusterWith('slack');
    const states: string[][] = [];
    const process = cluster.process({
      notifier: {
        send: async () => {
          states.push(cluster.states());
          return { kind: 'Accepted' };
        },
      },
    });
    await process.reconcile(cluster.object);
    expect(states).toEqual([['Sending']]);
    expect(cluster.states()).toEqual(['Sent']);
    expect(cluster.object.status).toMatchObject({ pending: 0, observedGeneration: 1 });
    expect(cluster.results).toEqual(['1 sent']);
    await process.reconcile(cluster.object);
    expect(states).toHaveLength(1);
  });

  test('sends nothing if it cannot record the intent', async () => {
    const cluster = clusterWith('slack');
    cluster.beforeWrite = () => {
      throw UNAVAILABLE;
    };
    await expect(cluster.process().reconcile(cluster.object)).rejects.toThrow(UNAVAILABLE);
    expect(cluster.sent).toEqual([]);
  });

  test('sends nothing if another replica began the same message, even if both believe that they hold the lease', async () => {
    const cluster = clusterWith('slack');
    const seen = cluster.object;
    const outcomes = await Promise.allSettled([cluster.process().reconcile(seen), cluster.process().reconcile(seen)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(cluster.sent).toHaveLength(1);
  });

  test('sends nothing after a conflict with another replica, which then stopped, even in the same second', async () => {
    const cluster = clusterWith('slack');
    const [process, other] = [cluster.process(), cluster.process()];
    const seen = cluster.object;
    cluster.beforeWrite = unavailableAfterRequest(cluster);
    await expect(other.reconcile(seen)).rejects.toThrow(UNAVAILABLE);
    cluster.beforeWrite = () => {};
    await expect(process.reconcile(seen)).rejects.toThrow('conflict');
    await process.reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Unknown']);
    expect(cluster.sent).toHaveLength(1);
  });

  test('does not send if the lease was lost after the intent was recorded', async () => {
    const cluster = clusterWith('slack');
    cluster.beforeWrite = () => {
      cluster.mayAct = false;
    };
    await cluster.process().reconcile(cluster.object);
    expect(cluster.sent).toEqual([]);
    expect(cluster.states()).toEqual(['Retrying']);
  });

  test('remembers a result that it could not record, and does not send again', async () => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.beforeWrite = unavailableAfterRequest(cluster);
    await expect(process.reconcile(cluster.object)).rejects.toThrow(UNAVAILABLE);
    expect(cluster.states()).toEqual(['Sending']);
    cluster.beforeWrite = () => {};
    await process.reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Sent']);
    expect(cluster.sent).toHaveLength(1);
  });

  test('sends a message whose entry was written without a response of the API server', async () => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.afterWrite = () => {
      throw new ApiError({ verb: 'patch', resource: PROVIDERS }, { text: 'the connection was lost' });
    };
    await expect(process.reconcile(cluster.object)).rejects.toThrow('the connection was lost');
    expect([cluster.states(), cluster.sent]).toEqual([['Sending'], []]);
    cluster.afterWrite = () => {};
    await process.reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Sent']);
    expect(cluster.sent).toHaveLength(1);
    expect(cluster.events).toEqual([]);
  });

  test('does not mistake the entry of another replica for its own, which was not written', async () => {
    const cluster = clusterWith('slack');
    const [process, other] = [cluster.process(), cluster.process()];
    const seen = cluster.object;
    cluster.beforeWrite = () => {
      throw new ApiError({ verb: 'patch', resource: PROVIDERS }, { text: 'the connection was lost' });
    };
    await expect(process.reconcile(seen)).rejects.toThrow();
    await cluster.clock.advance(15_000);
    cluster.beforeWrite = unavailableAfterRequest(cluster);
    await expect(other.reconcile(seen)).rejects.toThrow();
    cluster.beforeWrite = () => {};
    await process.reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Unknown']);
    expect(cluster.sent).toHaveLength(1);
  });

  test('remembers several results that it could not record', async () => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.beforeWrite = unavailableAfterRequest(cluster);
    await expect(process.reconcile(cluster.object)).rejects.toThrow(UNAVAILABLE);
    cluster.notices = [...cluster.notices, noticeOf(waitingPolicy('other'))];
    await expect(process.reconcile(cluster.object)).rejects.toThrow(UNAVAILABLE);
    cluster.beforeWrite = () => {};
    await process.reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Sent', 'Sent']);
    expect(cluster.sent).toHaveLength(2);
  });

  test('reports a plan that exceeds the safeguard once, even if the reads of its policy fail afterward', async () => {
    const cluster = new ProviderCluster('slack', { events: ['PlanAwaitingApproval', 'SafeguardExceeded'] });
    const process = cluster.process();
    for (const reason of ['SafeguardExceeded', 'ReadFailed', 'SafeguardExceeded', 'ReadFailed']) {
      cluster.notices = noticesOf(exceedingPolicy(reason));
      await process.reconcile(cluster.object);
    }
    expect(cluster.sent).toHaveLength(1);
    expect(cluster.object.status).toMatchObject({ pending: 0 });
  });

  test('requests the approval of a reported plan after an edit of its policy from Enforce to Approve', async () => {
    const cluster = new ProviderCluster('slack', { events: ['PlanAwaitingApproval', 'SafeguardExceeded'] });
    const process = cluster.process();
    const exceeding = exceedingPolicy('SafeguardExceeded');
    cluster.notices = noticesOf(exceeding);
    await process.reconcile(cluster.object);
    const edited = {
      ...exceeding,
      metadata: { ...exceeding.metadata, generation: 3 },
      spec: { enforcement: 'Approve' },
    };
    cluster.notices = noticesOf(edited);
    await process.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(1);
    const conditions = [conditionOf('Ready', 'AwaitingApproval')];
    cluster.notices = noticesOf({ ...edited, status: { ...edited.status, observedGeneration: 3, conditions } });
    await process.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(2);
    expect(JSON.stringify(cluster.sent[1])).toContain('awaits approval');
  });

  test('waits as long as the receiver demands, also with new notifications', async () => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.result = { kind: 'Rejected', message: 'HTTP 429', retryAfterMs: 120_000 };
    await process.reconcile(cluster.object);
    cluster.result = { kind: 'Accepted' };
    cluster.notices = [...cluster.notices, noticeOf(waitingPolicy('other'))];
    const { requeueAfterMs } = await process.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(1);
    expect(requeueAfterMs).toBeLessThanOrEqual(120_000);
    await cluster.clock.advance(120_000);
    await process.reconcile(cluster.object);
    await process.reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Sent', 'Sent']);
  });

  test('of the next process does not repeat a message whose result was lost, and reports it', async () => {
    const cluster = clusterWith('slack');
    cluster.beforeWrite = unavailableAfterRequest(cluster);
    await expect(cluster.process().reconcile(cluster.object)).rejects.toThrow(UNAVAILABLE);
    cluster.beforeWrite = () => {};
    await cluster.process().reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Unknown']);
    expect(cluster.events).toEqual(['NotificationUnknown']);
    expect(cluster.sent).toHaveLength(1);
  });

  test('of the next process repeats it with the same IDs for a receiver that ignores repetitions', async () => {
    const cluster = clusterWith('generic-hmac');
    cluster.beforeWrite = () => {
      if (cluster.sent.length === 1) {
        throw UNAVAILABLE;
      }
    };
    await expect(cluster.process().reconcile(cluster.object)).rejects.toThrow(UNAVAILABLE);
    cluster.beforeWrite = () => {};
    await cluster.process().reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Sent']);
    const [first, second] = cluster.sent.map(({ headers, body }) => [
      headers['idempotency-key'],
      JSON.parse(body).notifications[0].id,
    ]);
    expect(second).toEqual(first);
  });

  test('waits after the maximum number of messages within an hour, and then sends the rest in one message', async () => {
    const cluster = clusterWith('slack', { maxMessagesPerHour: 1 });
    const process = cluster.process();
    await process.reconcile(cluster.object);
    cluster.notices = ['no-visio', 'a', 'b'].map((name) => noticeOf(waitingPolicy(name)));
    const { requeueAfterMs } = await process.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(1);
    expect(cluster.object.status?.pending).toBe(2);
    expect(requeueAfterMs).toBeLessThanOrEqual(60 * MINUTE);
    await cluster.clock.advance(60 * MINUTE);
    await process.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(2);
    expect(JSON.parse(cluster.sent[1]?.body ?? '').text).toContain('2 notifications');
  });

  test('sends nothing while the provider is suspended', async () => {
    const cluster = clusterWith('slack', { suspend: true });
    await cluster.process().reconcile(cluster.object);
    expect(cluster.sent).toEqual([]);
    expect(cluster.ready()).toBe('True Suspended');
  });

  test('shows why a provider cannot send, without a value of the Secret', async () => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.secret = undefined;
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('False SecretNotFound');
    cluster.secret = { address: btoa('http://example.com/s3cret') };
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('False InvalidSecret');
    expect(JSON.stringify(cluster.object.status)).not.toContain('s3cret');
    cluster.object = { ...cluster.object, spec: { type: 'slack' } } as typeof cluster.object;
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('False InvalidProvider');
    expect(cluster.sent).toEqual([]);
  });

  test('reads a Secret again within 10 s after an error of the API server', async () => {
    const cluster = clusterWith('slack');
    const client = { request: async () => Promise.reject(UNAVAILABLE) } as unknown as ApiClient;
    const { requeueAfterMs } = await cluster.process({ client }).reconcile(cluster.object);
    expect(cluster.ready()).toBe('False ReadFailed');
    expect(requeueAfterMs).toBeLessThanOrEqual(10_000);
  });

  test('shows no part of a Secret that cannot be parsed, for example, because a proxy cut it off', async () => {
    const cluster = clusterWith('slack');
    const unparsable = () => {
      throw new SyntaxError('Unexpected token s, "s3cret" is not valid JSON');
    };
    const client = {
      request: async (request: ApiRequest) => {
        try {
          return unparsable();
        } catch (error) {
          throw ApiError.unanswered(request, error);
        }
      },
    } as unknown as ApiClient;
    await cluster.process({ client }).reconcile(cluster.object);
    expect(cluster.ready()).toBe('False ReadFailed');
    expect(JSON.stringify(cluster.object.status)).not.toContain('s3cret');
  });

  test('shows a refused message until the receiver accepts it', async () => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.result = { kind: 'Rejected', message: 'HTTP 404; update the Secret' };
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('False SendFailed');
    expect(cluster.events).toEqual(['NotificationNotSent']);
    cluster.result = { kind: 'Accepted' };
    await cluster.clock.advance(10_000);
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('True ReconciliationSucceeded');
    expect(cluster.sent).toHaveLength(2);
  });
});

describe('a receiver whose last result is unknown', () => {
  test('makes the provider unknown while the reason lasts, so that an alert fires', async () => {
    const cluster = clusterWith('msteams');
    const process = cluster.process();
    cluster.result = { kind: 'Unknown', message: 'HTTP 502; the receiver may have accepted the message' };
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('Unknown ResultUnknown');
    cluster.notices = [];
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('True ReconciliationSucceeded');
  });

  test('makes it Ready again with the next accepted message', async () => {
    const cluster = clusterWith('msteams');
    const process = cluster.process();
    cluster.result = { kind: 'Unknown', message: 'HTTP 502; the receiver may have accepted the message' };
    await process.reconcile(cluster.object);
    cluster.result = { kind: 'Accepted' };
    cluster.notices = [...cluster.notices, noticeOf(waitingPolicy('other'))];
    await cluster.clock.advance(MINUTE);
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('True ReconciliationSucceeded');
    expect(cluster.states().toSorted()).toEqual(['Sent', 'Unknown']);
  });
});

describe('a failed notification', () => {
  test('that an edit of the provider no longer selects does not matter, until the provider selects it again', async () => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.result = { kind: 'Rejected', message: 'HTTP 404' };
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('False SendFailed');
    cluster.edit({ events: ['Conflict'] });
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('True ReconciliationSucceeded');
    expect(cluster.object.status).toMatchObject({ pending: 0, conditions: [{ type: 'Ready' }] });
    expect(cluster.sent).toHaveLength(1);
    cluster.result = { kind: 'Accepted' };
    cluster.edit({ events: ['PlanAwaitingApproval'] });
    await process.reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Sent']);
  });

  test.each([
    ['whose result is unknown', { kind: 'Unknown', message: 'HTTP 502' }, 'Unknown ResultUnknown', true],
    ['whose reason has ended', { kind: 'Rejected', message: 'HTTP 404' }, 'False SendFailed', false],
  ] as const)('%s does not matter once the receiver accepts a test message', async (_, result, before, lasts) => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.result = result;
    await process.reconcile(cluster.object);
    cluster.notices = lasts ? cluster.notices : [];
    await cluster.clock.advance(MINUTE);
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe(before);
    await cluster.clock.advance(MINUTE);
    cluster.result = { kind: 'Accepted' };
    cluster.requestTest('now');
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('True ReconciliationSucceeded');
  });

  test('is sent again at once after the receiver accepts a test message', async () => {
    const cluster = clusterWith('slack');
    const process = cluster.process();
    cluster.result = { kind: 'Rejected', message: 'HTTP 404' };
    await process.reconcile(cluster.object);
    cluster.result = { kind: 'Accepted' };
    cluster.requestTest('now');
    await process.reconcile(cluster.object);
    await process.reconcile(cluster.object);
    expect(cluster.states()).toEqual(['Sent']);
    expect(cluster.ready()).toBe('True ReconciliationSucceeded');
  });
});

describe('alerts of Alertmanager', () => {
  test('are repeated every minute while their reason lasts, and then end', async () => {
    const cluster = clusterWith('alertmanager');
    const process = cluster.process();
    await process.reconcile(cluster.object);
    const { requeueAfterMs } = await process.reconcile(cluster.object);
    expect(requeueAfterMs).toBeLessThanOrEqual(MINUTE);
    const before = cluster.sent.length;
    const { resourceVersion } = cluster.object.metadata;
    for (let minutes = 0; minutes < 3; minutes++) {
      await cluster.clock.advance(MINUTE);
      await process.reconcile(cluster.object);
    }
    expect(cluster.sent).toHaveLength(before + 3);
    const labels = cluster.sent.map(({ body }) => JSON.parse(body)[0].labels);
    expect(new Set(labels.map((one) => JSON.stringify(one))).size).toBe(1);
    // A repetition changes nothing in the status.
    expect(cluster.object.metadata.resourceVersion).toBe(resourceVersion);
    cluster.notices = [];
    await cluster.clock.advance(MINUTE);
    await process.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(before + 3);
  });

  test('that Alertmanager refuses to repeat make the provider fail until it accepts them', async () => {
    const cluster = clusterWith('alertmanager');
    const process = cluster.process();
    await process.reconcile(cluster.object);
    cluster.result = { kind: 'Rejected', message: 'cannot connect' };
    await cluster.clock.advance(MINUTE);
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('False SendFailed');
    cluster.result = { kind: 'Accepted' };
    await cluster.clock.advance(MINUTE);
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('True ReconciliationSucceeded');
  });

  test.each([
    ['the provider is suspended', { suspend: true }, 'True Suspended'],
    ['the provider has another type', { type: 'generic-hmac' }, 'True ReconciliationSucceeded'],
  ])('that Alertmanager refused to repeat do not matter while %s', async (_, spec, expected) => {
    const cluster = clusterWith('alertmanager');
    const process = cluster.process();
    await process.reconcile(cluster.object);
    cluster.result = { kind: 'Rejected', message: 'cannot connect' };
    await cluster.clock.advance(MINUTE);
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe('False SendFailed');
    cluster.edit(spec);
    await process.reconcile(cluster.object);
    expect(cluster.ready()).toBe(expected);
  });
});
