import { afterEach, beforeEach, describe } from 'vitest';
import { describeChanges } from './changes.contract.ts';
import { describeFailedReads, describeReads } from './reads.contract.ts';
import type { FleetUnderTest } from './subject.ts';

/** What every implementation of the ports of a fleet has to do; each test begins with a fleet of its own. */
export function describeFleetContract(name: string, start: () => Promise<FleetUnderTest>): void {
  describe(`${name}, as a fleet,`, () => {
    let subject: FleetUnderTest;
    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject[Symbol.asyncDispose]());

    describeReads(() => subject);
    describeFailedReads(() => subject);
    describeChanges(() => subject);
  });
}
