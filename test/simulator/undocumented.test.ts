import { describe, expect, test } from 'vitest';
import { seedFrom } from '../../src/simulator/seed.ts';
import { ALTERNATIVES, parseAlternative, UNDOCUMENTED_DEFAULTS } from '../../src/simulator/undocumented.ts';
import { endpoint } from './endpointOnVirtualTime.ts';
import { ALICE, BOB, rejectionOf, simulate, VISIO } from './fixtures.ts';

test('a seed selects the first alternative of each switch by default', () => {
  const { undocumented } = seedFrom({});
  expect(undocumented).toEqual(UNDOCUMENTED_DEFAULTS);
  for (const [name, [first]] of Object.entries(ALTERNATIVES)) {
    expect(undocumented).toHaveProperty(name, first);
  }
});

describe('changes of a WorkSpace that isn’t ready', () => {
  const states = [
    ['UPDATING', 'ResourceInUseException'],
    ['RESTORING', 'ResourceInUseException'],
    ['SUSPENDED', 'OperationNotSupportedException'],
    ['ERROR', 'OperationNotSupportedException'],
    ['TERMINATING', 'OperationNotSupportedException'],
  ] as const;
  test.each(states)('in %s are rejected with %s', (state, type) => {
    const { simulated, associate, disassociate } = simulate();
    simulated.setWorkspace(ALICE, { state });
    simulated.setWorkspace(BOB, { state });
    expect(rejectionOf(() => disassociate(ALICE, VISIO))).toMatch(new RegExp(`^${type}: .*${state}`));
    expect(rejectionOf(() => associate(BOB, VISIO))).toMatch(new RegExp(`^${type}: .*${state}`));
  });

  const exceptions = [
    'ResourceInUseException',
    'OperationNotSupportedException',
    'ResourceUnavailableException',
  ] as const;
  test.each(exceptions)('are rejected with rejectedState %s', (rejectedState) => {
    const { simulated, disassociate, deploy } = simulate({ undocumented: { rejectedState } });
    simulated.setWorkspace(ALICE, { state: 'MAINTENANCE' });
    for (const change of [() => disassociate(ALICE, VISIO), () => deploy(ALICE)]) {
      expect(rejectionOf(change)).toMatch(new RegExp(`^${rejectedState}: `));
    }
  });

  test('are accepted with changesInOtherStates Accept, but not deployed', () => {
    const { simulated, disassociate, deploy, stateOf } = simulate({ undocumented: { changesInOtherStates: 'Accept' } });
    simulated.setWorkspace(ALICE, { state: 'MAINTENANCE' });
    disassociate(ALICE, VISIO);
    expect(stateOf(ALICE, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    expect(rejectionOf(() => deploy(ALICE))).toMatch(/^ResourceInUseException: /);
  });
});

describe('the end of a deployment', () => {
  const timings = [
    ['WithLastAssociation', ['UPDATING UNINSTALLING', 'AVAILABLE REMOVED', 'AVAILABLE REMOVED']],
    ['BeforeLastAssociation', ['AVAILABLE UNINSTALLING', 'AVAILABLE REMOVED', 'AVAILABLE REMOVED']],
    ['AfterLastAssociation', ['UPDATING UNINSTALLING', 'UPDATING REMOVED', 'AVAILABLE REMOVED']],
  ] as const;
  test.each(timings)('with workspaceReady %s is %o', async (workspaceReady, expected) => {
    const { clock, disassociate, deploy, stateOf, workspaceState } = simulate({ undocumented: { workspaceReady } });
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    const found: string[] = [];
    for (const seconds of [6, 5, 5]) {
      await clock.advance(seconds * 1_000);
      found.push(`${workspaceState(ALICE)} ${stateOf(ALICE, VISIO)}`);
    }
    expect(found).toEqual(expected);
  });
});

test('an undone removal needs a deployment with undoneRemoval PendingInstallDeployment', async () => {
  const undocumented = { undoneRemoval: 'PendingInstallDeployment' } as const;
  const { clock, disassociate, associate, deploy, stateOf } = simulate({ undocumented });
  disassociate(ALICE, VISIO);
  associate(ALICE, VISIO);
  expect(stateOf(ALICE, VISIO)).toBe('PENDING_INSTALL_DEPLOYMENT');
  deploy(ALICE);
  await clock.advance(21_000);
  expect(stateOf(ALICE, VISIO)).toBe('COMPLETED');
});

test('a canceled installation leaves nothing with undoneInstallation Unlisted', () => {
  const { associate, disassociate, stateOf } = simulate({ undocumented: { undoneInstallation: 'Unlisted' } });
  associate(BOB, VISIO);
  disassociate(BOB, VISIO);
  expect(stateOf(BOB, VISIO)).toBeUndefined();
});

describe('a second disassociation', () => {
  const results = [
    ['ResourceInUseException', /^ResourceInUseException: /],
    ['OperationNotSupportedException', /^OperationNotSupportedException: /],
    ['Accept', /^not rejected$/],
  ] as const;
  test.each(results)('with repeatedDisassociation %s: %s', (repeatedDisassociation, expected) => {
    const { disassociate, stateOf } = simulate({ undocumented: { repeatedDisassociation } });
    disassociate(ALICE, VISIO);
    expect(rejectionOf(() => disassociate(ALICE, VISIO))).toMatch(expected);
    expect(stateOf(ALICE, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
  });
});

describe('a deployment without pending changes', () => {
  const results = [
    ['InvalidParameterValuesException', /^InvalidParameterValuesException: /],
    ['OperationNotSupportedException', /^OperationNotSupportedException: /],
    ['Accept', /^not rejected$/],
  ] as const;
  test.each(results)('with emptyDeployment %s: %s', (emptyDeployment, expected) => {
    const { deploy, workspaceState } = simulate({ undocumented: { emptyDeployment } });
    expect(rejectionOf(() => deploy(ALICE))).toMatch(expected);
    expect(workspaceState(ALICE)).toBe('AVAILABLE');
  });
});

describe('a malformed ID', () => {
  test.each(ALTERNATIVES.malformedInput)('is rejected with malformedInput %s', (malformedInput) => {
    const { disassociate } = simulate({ undocumented: { malformedInput } });
    expect(rejectionOf(() => disassociate('nope', VISIO))).toMatch(
      new RegExp(`^${malformedInput}: 1 validation error`),
    );
  });
});

test('each operation has its own rate limit with rateLimitPer Operation', async () => {
  const { ask } = endpoint([], { callsPerSecond: 1, burst: 1, undocumented: { rateLimitPer: 'Operation' } });
  expect([await ask('DescribeWorkspaces'), await ask('DescribeApplications'), await ask('DescribeWorkspaces')]).toEqual(
    ['200', '200', '400 ThrottlingException'],
  );
});

describe('an alternative on the command line', () => {
  test('selects the value of a switch', () => {
    expect(parseAlternative('swapOrder=InstallFirst')).toEqual({ swapOrder: 'InstallFirst' });
  });

  const invalid = [
    ['swapOrder=Any', 'swapOrder: "Any" must be one of UninstallFirst, InstallFirst'],
    ['swapOrder', 'swapOrder: "" must be one of'],
    ['other=1', 'other: unknown field; the fields are changesInOtherStates'],
  ] as const;
  test.each(invalid)('%s is rejected', (text, message) => {
    expect(() => parseAlternative(text)).toThrow(message);
  });
});
