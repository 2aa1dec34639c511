import { expect, test } from 'vitest';
import { rolloutDuration } from '../../src/plan/duration.ts';

const MINUTE = 60_000;

test.each([
  // 4.6 calls for each WorkSpace, at 2 calls per second.
  { workspaces: 200, disassociations: 200, callsPerSecond: 2, perHour: undefined, expected: 8 * MINUTE },
  { workspaces: 1, disassociations: 1, callsPerSecond: 2, perHour: undefined, expected: 10_000 },
  { workspaces: 0, disassociations: 0, callsPerSecond: 2, perHour: undefined, expected: 0 },
  { workspaces: 200, disassociations: 200, callsPerSecond: 0.5, perHour: undefined, expected: 31 * MINUTE },
  // The first 100 are permitted at once, and the others in each of the next two hours.
  { workspaces: 250, disassociations: 250, callsPerSecond: 2, perHour: 100, expected: 120 * MINUTE },
  { workspaces: 100, disassociations: 100, callsPerSecond: 2, perHour: 100, expected: 4 * MINUTE },
])(
  '$workspaces WorkSpaces at $callsPerSecond calls per second and $perHour disassociations per hour take $expected ms',
  (given) => {
    const { workspaces, disassociations, callsPerSecond, perHour, expected } = given;
    expect(rolloutDuration({ workspaces, disassociations }, { callsPerSecond, disassociationsPerHour: perHour })).toBe(
      expected,
    );
  },
);
