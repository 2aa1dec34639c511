import { expect, test } from 'vitest';
import { LeaseManager } from '../../src/kube/leaseManager.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeLeases } from '../fakes/leases.ts';

const TIMING = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };
const STEP = 200;

test('a lease reports when its holder pauses and resumes, at the same time as changes stop and resume', async () => {
  const clock = new VirtualClock();
  const link = new FakeLeases().link(() => {});
  const messages: string[] = [];
  const onError = ({ message }: { message: string }) => void messages.push(message);
  const manager = new LeaseManager({ client: link.api, identity: 'a', timing: TIMING, clock, onError });
  const lease = await manager.acquire('wsap.fleet.emea');
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += STEP) {
      await clock.advance(STEP);
      const isPaused =
        messages
          .filter((message) => /stop|resume/.test(message))
          .at(-1)
          ?.includes('stop') ?? false;
      expect(lease?.mayAct).toBe(!isPaused);
    }
  };

  await pass(5_000);
  link.isUp = false;
  await pass(60_000);
  link.isUp = true;
  await pass(10_000);
  await lease?.release();

  expect(messages).toEqual([
    expect.stringContaining('cannot renew the lease wsap.fleet.emea'),
    'the lease wsap.fleet.emea has not been renewed for 10 s, so changes that require it stop until it is renewed',
    'the lease wsap.fleet.emea is renewed, so changes that require it resume',
  ]);
});
