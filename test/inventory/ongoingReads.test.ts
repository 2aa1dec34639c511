import { describe, expect, test } from 'vitest';
import { OngoingReads } from '../../src/inventory/ongoingReads.ts';

describe('reads of the same name', () => {
  test('share those in progress, and start again after their end', async () => {
    const ongoing = new OngoingReads((reads) => reads());
    const gate = Promise.withResolvers<string>();
    const first = ongoing.share('holds', () => gate.promise);
    const second = ongoing.share('holds', async () => 'not read');
    gate.resolve('read');
    expect(await Promise.all([first, second])).toEqual(['read', 'read']);
    expect(await ongoing.share('holds', async () => 'read again')).toBe('read again');
  });

  test('start after those in progress if they are queued, also if those fail', async () => {
    const ongoing = new OngoingReads((reads) => reads());
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const failing = ongoing.share('holds', async () => {
      await gate.promise;
      order.push('first');
      throw new Error('read failed');
    });
    const queued = ongoing.queue('holds', async () => order.push('second'));
    gate.resolve();
    await expect(failing).rejects.toThrow('read failed');
    await queued;
    expect(order).toEqual(['first', 'second']);
  });

  test('do not reject without a caller that waits', async () => {
    const ongoing = new OngoingReads((reads) => reads());
    void ongoing.share('holds', async () => {
      throw new Error('read failed');
    });
    expect(await ongoing.share('other', async () => 'read')).toBe('read');
    expect(await ongoing.queue('holds', async () => 'read')).toBe('read');
  });
});
