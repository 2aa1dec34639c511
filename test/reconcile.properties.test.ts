import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePolicy } from '../src/policy/parse.ts';
import { FakeOperator } from './fakeOperator.ts';
import { HOUR } from './fixtures.ts';
import { fleetWith, type Given, given } from './plan/arbitraries.ts';
import { asksToRemove } from './plan/oracle.ts';

/** Runs the policies over the fleet for two hours, in which all possible changes complete. */
async function worked(all: Given) {
  const fleet = fleetWith(all);
  const operator = new FakeOperator(fleet, ...all.policies.map(parsePolicy));
  await operator.pass(2 * HOUR);
  return { fleet, operator };
}

test('the operator removes only applications that a policy asks to remove', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (all) => {
      const { fleet, operator } = await worked(all);
      const taken = fleet.mutations.filter(({ method }) => method === 'disassociateWorkspaceApplication');
      const unasked = taken.filter(({ workspaceID, applicationID }) => {
        const workspace = all.workspaces.find((one) => one.workspaceID === workspaceID);
        const application = all.applications.find((one) => one.applicationID === applicationID);
        return !all.policies.some(
          (one) => workspace && application && asksToRemove(one, all, workspace, application, operator.clock.now()),
        );
      });
      expect(unasked).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test('the operator never repeats a call', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (all) => {
      const { fleet, operator } = await worked(all);
      const made = fleet.mutations.map(({ method, workspaceID, applicationID }) =>
        [method, workspaceID, applicationID].join(' '),
      );
      const single = made.filter((call) => !call.startsWith('deploy'));
      expect(single.filter((call, index) => single.indexOf(call) !== index)).toEqual([]);
      await operator.pass(HOUR);
      expect(fleet.mutations.length).toBe(made.length);
    }),
    { numRuns: 20 },
  );
});
