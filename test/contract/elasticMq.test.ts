import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, test } from 'vitest';
import { SqsEventQueue } from '../../src/aws/eventQueue.ts';
import { createQueueClient } from '../../src/aws/queueClient.ts';
import { systemClock } from '../../src/clock.ts';
import { elasticMqSetup, startElasticMq } from '../environment/elasticMq/elasticMq.ts';
import { describeEventQueue, SMALL_RECEIVE_COUNT } from './eventQueue.contract.ts';
import { queueClient } from './queueClient.ts';

const setup = await elasticMqSetup();

if ('missing' in setup) {
  describe('the queue contract of ElasticMQ', () => {
    test('runs', ({ skip }) => skip(setup.missing));
  });
} else {
  describeEventQueue('the SDK adapter over ElasticMQ', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wsap-elasticmq-'));
    const server = await startElasticMq(setup.jars, folder, {
      events: { deadLetterQueue: 'dead-letters', maxReceiveCount: SMALL_RECEIVE_COUNT },
      'dead-letters': undefined,
    });
    const client = createQueueClient({
      region: 'eu-central-1',
      endpoint: server.url,
      credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    });
    const api = queueClient(server.url, systemClock);
    const urlOf = (name: string) => `https://sqs.eu-central-1.amazonaws.com/123456789012/${name}`;
    return {
      queue: new SqsEventQueue(api, urlOf('events')),
      missing: new SqsEventQueue(api, urlOf('missing')),
      send: async (MessageBody) => {
        await client.send(new SendMessageCommand({ QueueUrl: urlOf('events'), MessageBody }));
      },
      deadLetters: async () => {
        const input = { QueueUrl: urlOf('dead-letters'), MaxNumberOfMessages: 10, WaitTimeSeconds: 5 };
        const { Messages = [] } = await client.send(new ReceiveMessageCommand(input));
        return Messages.map(({ Body = '' }) => Body);
      },
      purge: async () => {
        for (const name of ['events', 'dead-letters']) {
          await client.send(new PurgeQueueCommand({ QueueUrl: urlOf(name) }));
        }
      },
      settle: (call) => call,
      async [Symbol.asyncDispose]() {
        client.destroy();
        await server[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
}
