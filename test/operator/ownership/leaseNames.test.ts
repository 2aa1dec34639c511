import { expect, test } from 'vitest';
import { LeaseNames } from '../../../src/operator/ownership/leaseNames.ts';
import { metadataProblems } from '../../../src/policy/metadata.ts';

test.each([
  ['short', 'emea'],
  ['of 249 characters', 'x'.repeat(249)],
  ['that would be cut after a dot', `${'x'.repeat(224)}.${'y'.repeat(24)}`],
  ['that would be cut after hyphens', `${'x'.repeat(222)}---${'y'.repeat(24)}`],
  ['of many parts', `${'a.'.repeat(126)}a`],
])('the lease of a fleet has a valid name, which only this fleet has: %s', (_, fleet) => {
  for (const names of [new LeaseNames(undefined), new LeaseNames('desktops')]) {
    const name = names.ofFleet(fleet);
    expect(metadataProblems('WorkspaceFleet', { metadata: { name } })).toEqual([]);
    expect(names.ofFleet(`${fleet.slice(0, -1)}z`)).not.toBe(name);
  }
});
