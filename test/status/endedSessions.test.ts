import { expect, test } from 'vitest';
import { endedSessions } from '../../src/status/endedSessions.ts';

test.each([
  [{}, undefined],
  [{ sessions: 0, sessionsUnknown: 0 }, undefined],
  [{ sessions: 1, sessionsUnknown: 0 }, 'Ends 1 session'],
  [{ sessions: 3, sessionsUnknown: 2 }, 'Ends 3 sessions, and maybe 2 more'],
])('%j is described as %s', (counts, expected) => {
  expect(endedSessions(counts)).toBe(expected);
});
