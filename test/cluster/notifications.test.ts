import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PROVIDERS, type ProviderObject } from '../../src/kube/resources.ts';
import { approvalPreview } from '../../src/status/approvalPreview.ts';
import { NotificationReceiver } from '../notificationReceiver.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf } from './clusterHarness.ts';
import { OperatorProcess } from './operatorProcess.ts';
import { wsap } from './wsapCommand.ts';

const FLAGS = ['--notifications', 'true'];

/** Creates a provider of this harness, and its Secret in the namespace of the operator, which is `default` outside of a cluster. */
async function createProvider(
  harness: ClusterHarness,
  type: string,
  address: string,
  spec: object = {},
): Promise<string> {
  const name = `${harness.namespace}-${type}`;
  await harness.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    stringData: { address: `${address}/s3cret`, ...(type === 'generic-hmac' && { token: 'key' }) },
  });
  await harness.create({
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'NotificationProvider',
    metadata: { name },
    spec: {
      type,
      secretRef: { name },
      events: ['PlanAwaitingApproval', 'RolloutFinished'],
      namespaces: {
        from: 'Selector',
        selector: { matchLabels: { 'kubernetes.io/metadata.name': harness.namespace } },
      },
      ...spec,
    },
  });
  return name;
}

const providerOf = (harness: ClusterHarness, name: string) =>
  harness.client.request<ProviderObject>({ verb: 'get', resource: PROVIDERS, name });

const readyOf = ({ status }: ProviderObject) => status?.conditions?.find(({ type }) => type === 'Ready');

/** Waits until the operator has handled the current generation of a provider. */
async function settled(harness: ClusterHarness, name: string): Promise<ProviderObject> {
  return eventuallyReported(async () => {
    const provider = await providerOf(harness, name);
    expect(provider.status?.observedGeneration, harness.operator.log).toBe(provider.metadata.generation);
    return provider;
  });
}

// Not concurrent: the operator of another test handles all providers of the cluster, and doesn't know the results of others.
describe('notifications', () => {
  test('an approval request arrives once, as kubectl wsap approve shows it, despite restarts, edits, and a second replica', async () => {
    await using receiver = await NotificationReceiver.start();
    await using harness = await ClusterHarness.start(fleetOf(6, 2), FLAGS);
    const { namespace, simulator } = harness;
    await using _second = new OperatorProcess({ namespace, endpoint: simulator.url, flags: FLAGS }).start();
    const name = await createProvider(harness, 'generic-hmac', receiver.url);
    await harness.apply('no-visio', { enforcement: 'Approve' });
    const policy = await harness.waitForCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
    await eventually(() => expect(receiver.requests, harness.operator.log).toHaveLength(1));

    const { body, headers, path } = receiver.requests[0] as (typeof receiver.requests)[number];
    expect(path).toBe('/s3cret');
    expect(headers['x-signature']).toBe(`sha256=${createHmac('sha256', 'key').update(body).digest('hex')}`);
    const planID = policy.status?.plan?.id;
    expect(JSON.parse(body).notifications).toMatchObject([
      {
        event: 'PlanAwaitingApproval',
        involvedObject: { namespace, name: 'no-visio', uid: policy.metadata.uid },
        planID,
        message: approvalPreview(policy).trimEnd(),
        command: `kubectl wsap approve -n ${namespace} no-visio ${planID}`,
      },
    ]);
    expect(body).toContain('user');

    await eventuallyReported(async () =>
      expect((await providerOf(harness, name)).status).toMatchObject({
        pending: 0,
        notifications: [{ event: 'PlanAwaitingApproval', namespace, policy: 'no-visio', state: 'Sent', attempts: 1 }],
      }),
    );
    expect(readyOf(await providerOf(harness, name))).toMatchObject({ status: 'True' });

    await harness.operator.kill();
    harness.operator.start();
    await harness.kubectl('patch', 'wsap', 'no-visio', '--type=merge', '-p', '{"spec":{"interval":"5m"}}');
    await harness.waitForCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
    await harness.kubectl('patch', 'wsprovider', name, '--type=merge', '-p', '{"spec":{"summary":"edited"}}');
    await settled(harness, name);
    await harness.kubectl('patch', 'wsprovider', name, '--type=merge', '-p', '{"spec":{"events":["RolloutFinished"]}}');
    await settled(harness, name);
    const events = '{"spec":{"events":["PlanAwaitingApproval","RolloutFinished"]}}';
    await harness.kubectl('patch', 'wsprovider', name, '--type=merge', '-p', events);
    await settled(harness, name);

    // The next notification is the second message: nothing was sent again before it.
    await harness.kubectl('annotate', 'wsap', 'no-visio', `wsap.dev/approved-plan=${planID}`);
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(1));
    expect(
      receiver.requests.flatMap((one) =>
        JSON.parse(one.body).notifications.map(({ event }: { event: string }) => event),
      ),
    ).toEqual(['PlanAwaitingApproval', 'RolloutFinished']);
    expect(JSON.parse(receiver.requests[1]?.body ?? '').notifications[0].message).toContain(
      '3 of 3 WorkSpaces changed',
    );
  });

  test('a receiver that accepts a message and does not answer gets it once, and the status shows that it may be lost', async () => {
    await using receiver = await NotificationReceiver.start();
    await using harness = await ClusterHarness.start(fleetOf(4, 2), FLAGS);
    receiver.answer = (response) => response.socket?.resetAndDestroy();
    const name = await createProvider(harness, 'slack', receiver.url);
    await harness.apply('no-visio', { enforcement: 'Approve' });
    await eventuallyReported(async () =>
      expect((await providerOf(harness, name)).status?.notifications, harness.operator.log).toMatchObject([
        { state: 'Unknown', attempts: 1 },
      ]),
    );
    await harness.operator.kill();
    harness.operator.start();
    await harness.apply('no-visio-2', { enforcement: 'Approve' });
    await eventuallyReported(async () =>
      // An entry is written before the request, and gets this state after it.
      expect((await providerOf(harness, name)).status?.notifications?.map(({ state }) => state)).toEqual([
        'Unknown',
        'Unknown',
      ]),
    );
    const texts = receiver.requests.map(({ body }): string => JSON.parse(body).text);
    expect(texts.filter((text) => text.includes('/no-visio awaits'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('/no-visio-2 awaits'))).toHaveLength(1);
  });

  test('a message that the receiver refuses is sent again after a correction, and no output contains the address', async () => {
    await using receiver = await NotificationReceiver.start();
    await using harness = await ClusterHarness.start(fleetOf(4, 2), FLAGS);
    receiver.answer = (response) => response.writeHead(404).end();
    const name = await createProvider(harness, 'msteams', receiver.url);
    await harness.apply('no-visio', { enforcement: 'Approve' });
    await eventuallyReported(async () => {
      const provider = await providerOf(harness, name);
      expect(readyOf(provider), harness.operator.log).toMatchObject({ status: 'False', reason: 'SendFailed' });
      expect(provider.status).toMatchObject({ pending: 1, notifications: [{ state: 'Retrying' }] });
    });
    receiver.answer = (response) => response.writeHead(202).end();
    await harness.kubectl('patch', 'wsprovider', name, '--type=merge', '-p', '{"spec":{"timeout":"5s"}}');
    await eventuallyReported(async () =>
      expect(readyOf(await providerOf(harness, name))).toMatchObject({ status: 'True' }),
    );
    const described = await harness.kubectl('describe', 'wsprovider', name);
    expect(`${described}${harness.operator.log}`).not.toContain('s3cret');
    expect(described).toContain('PlanAwaitingApproval');
  });

  test('a provider without its Secret, or with an invalid one, waits for it', async () => {
    await using receiver = await NotificationReceiver.start();
    await using harness = await ClusterHarness.start(fleetOf(4, 2), FLAGS);
    await harness.apply('no-visio', { enforcement: 'Approve' });
    const name = await createProvider(harness, 'alertmanager', 'ftp://example.com');
    const withReason = (reason: string) =>
      eventuallyReported(async () =>
        expect(readyOf(await providerOf(harness, name)), harness.operator.log).toMatchObject({
          status: 'False',
          reason,
        }),
      );
    await withReason('InvalidSecret');
    await harness.kubectl('-n', 'default', 'delete', 'secret', name);
    await harness.kubectl('patch', 'wsprovider', name, '--type=merge', '-p', '{"spec":{"timeout":"5s"}}');
    await withReason('SecretNotFound');
    await harness.kubectl(
      '-n',
      'default',
      'create',
      'secret',
      'generic',
      name,
      `--from-literal=address=${receiver.url}`,
    );
    await harness.kubectl('patch', 'wsprovider', name, '--type=merge', '-p', '{"spec":{"timeout":"6s"}}');
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(0));
    expect(receiver.requests[0]?.path).toBe('/api/v2/alerts');
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject([
      { labels: { alertname: 'WsapPlanAwaitingApproval', namespace: harness.namespace, name: 'no-visio' } },
    ]);
  });
});

test('wsap notify --test sends one message with the network of the operator, and shows the result', async () => {
  await using receiver = await NotificationReceiver.start();
  await using harness = await ClusterHarness.start(fleetOf(4, 2), FLAGS);
  const name = await createProvider(harness, 'slack', receiver.url);
  const test = () => wsap(harness, 'notify', '--test', '--provider', name, '--timeout', '3m');
  expect(await test()).toMatchObject({ code: 0, stdout: `${name}: the receiver accepted the test message\n` });
  receiver.answer = (response) => response.writeHead(403).end();
  const { code, stderr } = await test();
  expect(code).toBe(1);
  expect(stderr).toContain('was not sent: HTTP 403; check the token and the address in the Secret');
  expect(receiver.requests.map(({ body }) => JSON.parse(body).text.split('\n')[0])).toEqual(
    Array.from({ length: 2 }, () => `*Test message of the notification provider ${name}*`),
  );
  expect(await wsap(harness, 'notify', '--test', '--provider', `${name}-x`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`NotificationProvider ${name}-x not found`),
  });
});
