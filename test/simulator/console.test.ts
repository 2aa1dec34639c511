import { describe, expect, it } from 'vitest';
import { ALICE, BOB, simulate, VISIO } from './fixtures.ts';

describe('a person in a console', () => {
  it('can associate by hand, and what is there follows its life cycle', async () => {
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

  it('can leave a state that nobody has heard of', () => {
    const { simulated, disassociate, stateOf } = simulate();
    simulated.putAssociation(ALICE, VISIO, { state: 'QUARANTINED' });
    expect(stateOf(ALICE, VISIO)).toBe('QUARANTINED');
    expect(() => disassociate(ALICE, VISIO)).toThrow('QUARANTINED');
  });

  it('can stop a WorkSpace that is UPDATING, which stays so after the deployment', async () => {
    const { clock, simulated, disassociate, deploy, stateOf, workspaceState } = simulate();
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    simulated.setWorkspace(ALICE, { state: 'STOPPED' });
    await clock.advance(11_000);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual(['REMOVED', 'STOPPED']);
  });
});
