import { describe, expect, test } from 'vitest';
import { FAULT_OPERATIONS, FAULT_SCHEMA, type Fault } from '../../src/simulator/faults.ts';
import { parseFault } from '../../src/simulator/faultText.ts';
import { OPERATION_NAMES } from '../../src/simulator/model.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import { DISASSOCIATE, endpoint, stateIn } from './endpointOnVirtualTime.ts';
import { ALICE, BOB, VISIO } from './fixtures.ts';

describe('a fault', () => {
  const struck: [Fault, string, string][] = [
    [{ fault: 'Throttle' }, '400 ThrottlingException', 'COMPLETED'],
    [{ fault: 'HttpError' }, '500 InternalFailure', 'COMPLETED'],
    [{ fault: 'HttpError', status: 503 }, '503 ServiceUnavailableException', 'COMPLETED'],
    [{ fault: 'Html' }, '502 html', 'COMPLETED'],
    [{ fault: 'Html', status: 200 }, '200 html', 'COMPLETED'],
    [{ fault: 'CloseConnection' }, 'close', 'COMPLETED'],
    [{ fault: 'LoseAnswer' }, 'close', 'PENDING_UNINSTALL_DEPLOYMENT'],
    [{ fault: 'Hang' }, 'silence', 'COMPLETED'],
    [{ fault: 'AccessDenied' }, '400 AccessDeniedException', 'COMPLETED'],
    [{ fault: 'Exception', exception: 'ResourceInUseException' }, '400 ResourceInUseException', 'COMPLETED'],
  ];
  test.each(struck)('%o causes the response %s and leaves the association %s', async (fault, answer, state) => {
    const { simulated, ask } = endpoint([fault]);
    expect(await ask('DisassociateWorkspaceApplication', DISASSOCIATE)).toBe(answer);
    expect(stateIn(simulated)).toBe(state);
  });

  test('affects only matching calls, up to its number, in order', async () => {
    const { ask, faults } = endpoint([
      { fault: 'Throttle', operation: 'DeployWorkspaceApplications' },
      { fault: 'HttpError', workspaceID: BOB },
      { fault: 'Html', operation: 'DescribeTags', times: 2 },
    ]);
    const tags = () => ask('DescribeTags', { ResourceId: ALICE });
    expect([await tags(), await tags(), await tags()]).toEqual(['502 html', '502 html', '200']);
    expect(await ask('DescribeTags', { ResourceId: BOB })).toBe('500 InternalFailure');
    expect(await ask('DescribeWorkspaces', { WorkspaceIds: [ALICE, BOB] })).toBe('500 InternalFailure');
    expect(await ask('DisassociateWorkspaceApplication', DISASSOCIATE)).toBe('200');
    expect(faults.list().map(({ struck: count }) => count)).toEqual([0, 2, 2]);
    faults.clear();
    expect(await ask('DescribeTags', { ResourceId: BOB })).toBe('200');
  });

  test('with a probability is reproducible', async () => {
    const run = async () => {
      const { ask } = endpoint([{ fault: 'Throttle', probability: 0.5 }]);
      const answers: string[] = [];
      for (let call = 0; call < 40; call += 1) {
        answers.push(await ask('DescribeWorkspaces'));
      }
      return answers;
    };
    const answers = await run();
    expect(new Set(answers)).toEqual(new Set(['200', '400 ThrottlingException']));
    expect(await run()).toEqual(answers);
  });

  test('replaces or removes a member of matching items in a response', async () => {
    const userNamesFor = async (fault: Partial<Fault>) => {
      const { answer } = endpoint([{ fault: 'ReplaceMember', member: 'UserName', ...fault }]);
      const { Workspaces } = await answer('DescribeWorkspaces');
      return Workspaces.map(({ UserName }: { UserName?: unknown }) => UserName);
    };
    expect(await userNamesFor({ workspaceID: ALICE })).toEqual([undefined, 'bob000001']);
    expect(await userNamesFor({ workspaceID: BOB, value: 5 })).toEqual(['alice0001', 5]);
    expect(await userNamesFor({ value: '[UNDEFINED]' })).toEqual(['[UNDEFINED]', '[UNDEFINED]']);
    expect(await userNamesFor({ operation: 'DescribeTags' })).toEqual(['alice0001', 'bob000001']);
  });

  test('can be limited to a directory', async () => {
    const { ask } = endpoint([{ fault: 'Throttle', directoryID: 'd-0000000001' }]);
    expect(await ask('DescribeWorkspaces', { DirectoryId: 'd-0000000001' })).toBe('400 ThrottlingException');
    expect(await ask('DescribeWorkspaces', { DirectoryId: 'd-0000000002' })).toBe('200');
    expect(await ask('DescribeWorkspaces')).toBe('200');
  });

  test('can only delay a call', async () => {
    const { clock, ask, calls } = endpoint([{ fault: 'Delay', delayMs: 3_000 }]);
    const answer = ask('DescribeWorkspaces');
    await clock.advance(2_999);
    expect(calls.list()).toEqual([]);
    await clock.advance(1);
    expect(await answer).toBe('200');
  });

  test('for a page affects only that page', async () => {
    const { ask, answer } = endpoint([{ fault: 'HttpError', operation: 'DescribeWorkspaces', page: 2 }]);
    const { NextToken } = await answer('DescribeWorkspaces', { Limit: 1 });
    expect(await ask('DescribeWorkspaces', { Limit: 1, NextToken })).toBe('500 InternalFailure');
    expect(await ask('DescribeWorkspaces')).toBe('200');
  });

  test('can repeat or reject a page token, which a first page doesn’t have', async () => {
    const { ask, answer, faults } = endpoint([{ fault: 'RepeatNextToken' }]);
    const { NextToken } = await answer('DescribeWorkspaces', { Limit: 1 });
    expect((await answer('DescribeWorkspaces', { Limit: 1, NextToken })).NextToken).toBe(NextToken);
    faults.replace([{ fault: 'InvalidNextToken' }]);
    expect(await ask('DescribeWorkspaces', { Limit: 1 })).toBe('200');
    expect(await ask('DescribeWorkspaces', { Limit: 1, NextToken })).toBe('400 InvalidParameterValuesException');
  });

  test('for a deployment affects its association once, and a lost response hides a rejection', async () => {
    const { clock, simulated, ask } = endpoint([
      { fault: 'DeploymentError', errorCode: 'DeploymentError.WorkspaceUnreachable', applicationID: VISIO, times: 1 },
      { fault: 'LoseAnswer', operation: 'DescribeTags' },
    ]);
    await ask('DisassociateWorkspaceApplication', DISASSOCIATE);
    expect(await ask('DeployWorkspaceApplications', { WorkspaceId: ALICE })).toBe('200');
    await clock.advance(11_000);
    expect(stateIn(simulated)).toBe('ERROR');
    await ask('DeployWorkspaceApplications', { WorkspaceId: ALICE, Force: true });
    await clock.advance(11_000);
    expect(stateIn(simulated)).toBe('REMOVED');
    expect(await ask('DescribeTags', { ResourceId: 'nothing' })).toBe('close');
  });

  const denied: [string, JsonObject, Partial<Fault>, string][] = [
    ['DescribeWorkspaces', {}, {}, '*'],
    [
      'DescribeWorkspaceAssociations',
      { WorkspaceId: ALICE },
      {},
      `arn:aws:workspaces:eu-central-1:123456789012:workspace/${ALICE}`,
    ],
    [
      'DescribeApplicationAssociations',
      { ApplicationId: VISIO },
      {},
      `arn:aws:workspaces:eu-central-1:aws:workspaceapplication/${VISIO}`,
    ],
    [
      'DisassociateWorkspaceApplication',
      DISASSOCIATE,
      {},
      `arn:aws:workspaces:eu-central-1:123456789012:workspace/${ALICE}`,
    ],
    [
      'DisassociateWorkspaceApplication',
      DISASSOCIATE,
      { applicationID: VISIO },
      `arn:aws:workspaces:eu-central-1:aws:workspaceapplication/${VISIO}`,
    ],
  ];
  test.each(denied)('denies %s %o (%o) in the words of AWS for %s', async (operation, input, scope, resource) => {
    const { answer } = endpoint([{ fault: 'AccessDenied', ...scope }]);
    expect((await answer(operation, input)).message).toBe(
      `User: arn:aws:sts::123456789012:assumed-role/wsap/simulated is not authorized to perform: workspaces:${operation} ` +
        `on resource: ${resource} because no identity-based policy allows the workspaces:${operation} action`,
    );
  });

  test('is parsed from the command line', () => {
    expect(parseFault('Throttle,operation=DescribeWorkspaces,times=3')).toEqual({
      fault: 'Throttle',
      operation: 'DescribeWorkspaces',
      times: 3,
    });
  });

  const invalid: [string, string][] = [
    ['Trottle', 'fault: "Trottle" must be one of Throttle'],
    ['Throttle,times=often', 'times: "often" must be a whole number'],
    ['Throttle,time=3', 'time: unknown field; the fields are fault, operation'],
    ['Throttle,operation=Describe', 'operation: "Describe" must be one of DescribeWorkspaces'],
    ['Exception', 'exception is missing'],
    ['DeploymentError', 'errorCode is missing'],
    ['Delay', 'delayMs is missing'],
  ];
  test.each(invalid)('written as %s is rejected: %s', (text, message) => {
    expect(() => parseFault(text)).toThrow(message);
  });
});

test('faults can be limited to exactly the supported operations', () => {
  expect(FAULT_SCHEMA.properties.operation.enum).toEqual(FAULT_OPERATIONS);
  expect(FAULT_OPERATIONS).toEqual(expect.arrayContaining([...OPERATION_NAMES, 'ReceiveMessage', 'RebuildWorkspaces']));
});
