import { afterEach, beforeEach, describe } from 'vitest';
import { describeBundles } from './bundles.contract.ts';
import { describeChanges } from './changes.contract.ts';
import { describeFailedReads, describeReads } from './reads.contract.ts';
import type { FleetUnderTest } from './subject.ts';

/** Contract of every implementation of the fleet ports. Each test starts with its own fleet. */
export function describeFleetContract(name: string, start: () => Promise<FleetUnderTest>): void {
  describe(`the fleet contract of ${name}`, () => {
    let subject: FleetUnderTest;
    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject[Symbol.asyncDispose]());

    describeReads(() => subject);
    describeFailedReads(() => subject);
    describeChanges(() => subject);
    describeBundles(() => subject);
  });
}
