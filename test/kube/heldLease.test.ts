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
  const record = ({ message }: { message: string }) => void messages.push(message);
  const options = { client: link.api, identity: 'a', timing: TIMING, clock, onError: record, onPause: record };
  const manager = new LeaseManager(options);
  const lease = await manager.acquire('wsap.fleet.emea');
  const other = await manager.acquire('wsap.fleet.apac');
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += STEP) {
      await clock.advance(STEP);
      const isPaused =
        messages
          .filter((message) => /changes (stop|resume)/.test(message))
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
  await Promise.all([lease?.release(), other?.release()]);

  expect(messages).toEqual([
    expect.stringContaining('cannot renew the lease wsap.fleet.emea'),
    expect.stringContaining('cannot renew the lease wsap.fleet.apac'),
    'the lease wsap.fleet.emea has not been renewed for 10 s; changes stop until this lease and others that are late are renewed',
    'all leases are renewed or have ended, so changes resume',
  ]);
});
