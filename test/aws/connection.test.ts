import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AwsConnection } from '../../src/aws/connection.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { systemClock } from '../../src/clock.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';

const FRANKFURT = seedFrom({
  accountID: '111111111111',
  region: 'eu-central-1',
  applications: [],
  generate: [{ count: 3, idPrefix: 'de' }],
});
const DUBLIN = seedFrom({
  accountID: '222222222222',
  region: 'eu-west-1',
  roles: [{ name: 'wsap', externalID: 'x-4711' }, { name: 'path/wsap' }],
  applications: [],
  generate: [{ count: 2, idPrefix: 'ie' }],
});
const WSAP = 'arn:aws:iam::222222222222:role/wsap';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ seed: FRANKFURT, otherSeeds: [DUBLIN], rateLimit: { callsPerSecond: 0 } });
  vi.stubEnv('AWS_ENDPOINT_URL', simulator.url);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'simulated');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'simulated');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await simulator.close();
});

function connect(access: { region?: string; roleARN?: string; externalID?: string } = {}): AwsConnection {
  const { region, roleARN, externalID } = access;
  const role = roleARN === undefined ? undefined : { roleARN, externalID, sessionName: 'wsap-emea' };
  const signal = new AbortController().signal;
  return new AwsConnection({ region, role, clock: systemClock, random: Math.random, signal });
}

async function workspacesOf(connection: AwsConnection): Promise<string[]> {
  const rateLimiter = new RateLimiter({ callsPerSecond: 100, burst: 100, clock: systemClock });
  const workspaces = await connection.fleet(rateLimiter, await connection.identify()).describeWorkspaces({ all: true });
  return workspaces.map(({ workspaceID }) => workspaceID.slice(0, 5));
}

test('a connection without a role uses the identity and region of the operator', async () => {
  const connection = connect();
  expect(await connection.identify()).toEqual({
    accountID: '111111111111',
    arn: 'arn:aws:iam::111111111111:user/simulated',
    region: 'eu-central-1',
  });
  expect(await workspacesOf(connection)).toEqual(['ws-de', 'ws-de', 'ws-de']);
});

test('a connection with a role reads the WorkSpaces of the role’s account and the configured region', async () => {
  const connection = connect({ region: 'eu-west-1', roleARN: WSAP, externalID: 'x-4711' });
  expect(await connection.identify()).toEqual({
    accountID: '222222222222',
    arn: 'arn:aws:sts::222222222222:assumed-role/wsap/wsap-emea',
    region: 'eu-west-1',
  });
  expect(await workspacesOf(connection)).toEqual(['ws-ie', 'ws-ie']);
});

describe('a role that AWS refuses to assume', () => {
  test.each([
    ['the wrong external ID', { roleARN: WSAP, externalID: 'x-0815' }],
    ['no external ID', { roleARN: WSAP }],
    [
      'an external id that nobody asked for',
      { roleARN: 'arn:aws:iam::222222222222:role/path/wsap', externalID: 'x-1' },
    ],
    ['a role that doesn’t exist', { roleARN: 'arn:aws:iam::222222222222:role/other' }],
  ])('%s: says which permission is missing, and where', async (_, access) => {
    await expect(connect({ region: 'eu-west-1', ...access }).identify()).rejects.toMatchObject({
      kind: 'AccessDenied',
      message: expect.stringMatching(
        /^GetCallerIdentity: arn:aws:iam::111111111111:user\/simulated lacks the IAM action sts:AssumeRole on arn:aws:iam::2.*trust policy/,
      ),
    });
  });
});
