import { describe, expect, test } from 'vitest';
import { ALICE, BOB, simulate, VISIO } from './fixtures.ts';

describe('a console user', () => {
  test('can associate an application, which follows the lifecycle', async () => {
    const { clock, simulated, disassociate, deploy, stateOf } = simulate();
    simulated.putAssociation(BOB, VISIO);
    expect(stateOf(BOB, VISIO)).toBe('COMPLETED');
    disassociate(BOB, VISIO);
    deploy(BOB);
    await clock.advance(11_000);
    expect(stateOf(BOB, VISIO)).toBe('REMOVED');
    simulated.dropAssociation(BOB, VISIO);
    expect(stateOf(BOB, VISIO)).toBeUndefined();
  });

  test('can set an unknown state', () => {
    const { simulated, disassociate, stateOf } = simulate();
    simulated.putAssociation(ALICE, VISIO, { state: 'QUARANTINED' });
    expect(stateOf(ALICE, VISIO)).toBe('QUARANTINED');
    expect(() => disassociate(ALICE, VISIO)).toThrow('QUARANTINED');
  });

  test('can stop a WorkSpace during a deployment, after which it remains stopped', async () => {
    const { clock, simulated, disassociate, deploy, stateOf, workspaceState } = simulate();
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    simulated.setWorkspace(ALICE, { state: 'STOPPED' });
    await clock.advance(11_000);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual(['REMOVED', 'STOPPED']);
  });
});
