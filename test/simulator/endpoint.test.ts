import { describe, expect, test } from 'vitest';
import { CallLog } from '../../src/simulator/callLog.ts';
import { DISASSOCIATE, endpoint, stateIn } from './endpointOnVirtualTime.ts';
import { ALICE, BOB, VISIO } from './fixtures.ts';

describe('the rate limit', () => {
  test('admits the burst, then two calls per second over all operations', async () => {
    const { clock, ask } = endpoint([], { callsPerSecond: 2, burst: 5 });
    const burst: string[] = [];
    for (let call = 0; call < 6; call += 1) {
      burst.push(await ask(call % 2 === 0 ? 'DescribeWorkspaces' : 'DescribeApplications'));
    }
    expect(burst).toEqual(['200', '200', '200', '200', '200', '400 ThrottlingException']);
    await clock.advance(499);
    expect(await ask('DescribeWorkspaces')).toBe('400 ThrottlingException');
    await clock.advance(1);
    expect([await ask('DescribeWorkspaces'), await ask('DescribeWorkspaces')]).toEqual([
      '200',
      '400 ThrottlingException',
    ]);
  });

  test('saves at most one burst', async () => {
    const { clock, ask } = endpoint([], { callsPerSecond: 2, burst: 2 });
    await clock.advance(3_600_000);
    const answers = [await ask('DescribeWorkspaces'), await ask('DescribeWorkspaces'), await ask('DescribeWorkspaces')];
    expect(answers).toEqual(['200', '200', '400 ThrottlingException']);
  });

  test('doesn’t process a throttled call', async () => {
    const { simulated, ask, answer } = endpoint([], { callsPerSecond: 1, burst: 1 });
    await ask('DescribeWorkspaces');
    expect(await answer('DisassociateWorkspaceApplication', DISASSOCIATE)).toEqual({
      __type: 'ThrottlingException',
      message: 'Rate exceeded',
    });
    expect(stateIn(simulated)).toBe('COMPLETED');
  });
});

describe('a response', () => {
  test('is an error of AWS if the request is unparsable, unknown, or invalid', async () => {
    const { ask } = endpoint();
    expect(await ask('DescribeWorkspaces', '{')).toBe('400 SerializationException');
    expect(await ask('DescribeNothing')).toBe('400 UnknownOperationException');
    expect(await ask('DescribeTags', {})).toBe('400 ValidationException');
    expect(await ask('DescribeWorkspaces', '')).toBe('200');
  });

  test('has exactly the members of its exception in the model', async () => {
    const { answer } = endpoint();
    expect(await answer('DescribeTags', { ResourceId: 'ws-nobody001' })).toEqual({
      __type: 'ResourceNotFoundException',
      message: 'The WorkSpace ws-nobody001 could not be found.',
      ResourceId: 'ws-nobody001',
    });
    expect(
      await answer('AssociateWorkspaceApplication', { WorkspaceId: BOB, ApplicationId: 'wsa-office2019' }),
    ).toEqual({
      __type: 'ApplicationNotSupportedException',
    });
  });
});

test('the call log shows the request, its result, and the fault of each call', async () => {
  const { calls, ask } = endpoint([{ fault: 'LoseAnswer', operation: 'DisassociateWorkspaceApplication' }]);
  await ask('DescribeTags', { ResourceId: 'ws-nobody001' });
  await ask('DisassociateWorkspaceApplication', DISASSOCIATE);
  expect(calls.list()).toMatchObject([
    { number: 1, operation: 'DescribeTags', page: 1, done: false, status: 400, error: 'ResourceNotFoundException' },
    {
      number: 2,
      time: '2026-01-05T10:00:00.000Z',
      operation: 'DisassociateWorkspaceApplication',
      input: DISASSOCIATE,
      done: true,
      status: undefined,
      fault: 'LoseAnswer',
      associations: [{ WorkspaceId: ALICE, AssociatedResourceId: VISIO, State: 'PENDING_UNINSTALL_DEPLOYMENT' }],
    },
  ]);
});

test('the call log keeps the latest calls', () => {
  const log = new CallLog(undefined, 2);
  for (const operation of ['a', 'b', 'c']) {
    log.add({ number: log.next(), time: '', operation, input: {}, page: 1, done: true });
  }
  expect(log.list().map(({ operation }) => operation)).toEqual(['b', 'c']);
});
