import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ServiceError } from '../../src/simulator/errors.ts';
import { operationNamed } from '../../src/simulator/model.ts';
import { ALICE, BOB, IN_HOUSE, OFFICE_2019, simulate, VISIO } from './fixtures.ts';

const step = fc.record({
  operation: fc.constantFrom(
    'AssociateWorkspaceApplication',
    'DisassociateWorkspaceApplication',
    'DeployWorkspaceApplications',
  ),
  input: fc.record({
    WorkspaceId: fc.constantFrom(ALICE, BOB),
    ApplicationId: fc.constantFrom(VISIO, OFFICE_2019, IN_HOUSE),
    Force: fc.boolean(),
  }),
  seconds: fc.constantFrom(0, 1, 10, 60),
});

test('any sequence of calls fails only with documented exceptions, and UPDATING implies a deployment', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const { clock, simulated, call } = simulate();
      for (const { operation, input, seconds } of steps) {
        try {
          call(operation, input);
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
          expect(operationNamed(operation).errors).toContain((error as ServiceError).type);
        }
        await clock.advance(seconds * 1000);
        for (const { state, associations } of simulated.workspaces) {
          const isDeploying = [...associations.values()].some((association) =>
            /^PENDING_[A-Z]+$|ING$/.test(association.state),
          );
          expect(state === 'UPDATING').toBe(isDeploying);
        }
      }
    }),
    { numRuns: 50, seed: 1 },
  );
});
