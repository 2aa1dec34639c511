import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../src/simulator/faults.ts';
import { AuthProxy } from './authProxy.ts';
import { canaryToken, canaryTokensIn } from './canaryTokens.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf } from './clusterHarness.ts';
import { DEFAULT_TIMING, HIGH_RATE, OperatorProcess } from './operatorProcess.ts';
import { type CommandResult, wsapWithEnvironment } from './wsapCommand.ts';

/** Module that throws an error with a credential on SIGUSR2, to simulate a bug in the operator. */
const BUG = `data:text/javascript,${encodeURIComponent(
  `process.on('SIGUSR2', () => setImmediate(() => {
    throw Object.assign(new Error('a bug'), { request: { headers: { authorization: process.env.AWS_SECRET_ACCESS_KEY } } });
  }));`,
)}`;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'wsap-canary-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Replaces the harness's operator by one with another environment. */
async function replaceOperator(harness: ClusterHarness, environment: Record<string, string>): Promise<OperatorProcess> {
  await harness.operator.kill();
  const { namespace, simulator } = harness;
  return new OperatorProcess({
    namespace,
    endpoint: simulator.url,
    flags: ['--log-level', 'trace', ...DEFAULT_TIMING],
    env: environment,
  }).start();
}

/**
 * Returns everything that the operator has written to the cluster. The spec of a fleet contains an external ID that the
 * user wrote, so only statuses count.
 */
async function writtenObjects(harness: ClusterHarness): Promise<string> {
  const [fleets = '', ...others] = await Promise.all([
    harness.kubectl('get', 'wsfleet', '-o', 'json'),
    harness.kubectl('get', 'wsap', '-o', 'json'),
    harness.kubectl('get', 'events', '-A', '-o', 'json'),
  ]);
  const statuses = JSON.parse(fleets).items.map(({ status }: { status?: object }) => status);
  return [JSON.stringify(statuses), ...others].join('\n');
}

/** Returns one AWS failure for each region, with the message that the operator reports. */
function failingRegions(sessionToken: string): readonly [region: string, fault: Fault, reported: RegExp][] {
  // AWS includes the expected canonical string, and with it the session token, in this error.
  const canonical = `The Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:${sessionToken}\n`;
  const exception = 'InvalidSignatureException';
  return [
    ['eu-west-1', { fault: 'AccessDenied' }, /lacks the IAM action/],
    ['eu-west-2', { fault: 'HttpError', status: 503 }, /HTTP 503/],
    ['eu-west-3', { fault: 'Html' }, /a proxy may be in between/],
    ['eu-north-1', { fault: 'CloseConnection' }, /the connection was reset/],
    ['eu-south-1', { fault: 'Throttle' }, /AWS throttles this account's requests/],
    [
      'eu-south-2',
      { fault: 'Exception', exception, message: `It does not match.\n${canonical}'` },
      /no usable AWS credentials/,
    ],
  ];
}

test('logs, statuses, Events, and metrics contain no credential during failures of AWS and the API server', async () => {
  const token = canaryToken('token');
  const sessionToken = canaryToken('session');
  const externalID = canaryToken('externalid');
  await using proxy = await AuthProxy.open(token);
  const kubeconfig = join(await folder(), 'config');
  const clientKey = Buffer.from(canaryToken('clientkey')).toString('base64');
  await writeFile(kubeconfig, proxy.kubeconfig({ token, 'client-key-data': clientKey }));
  const failing = failingRegions(sessionToken);
  const elsewhere = failing.map(([region, fault]) => fleetOf(2, 1, { region, faults: [fault] }));
  const roles = [{ name: 'wsap', externalID }];
  await using harness = await ClusterHarness.start(fleetOf(4, 2, { roles }), [], elsewhere);
  await using operator = await replaceOperator(harness, {
    KUBECONFIG: kubeconfig,
    NODE_OPTIONS: `--import=${BUG}`,
    AWS_ENDPOINT_URL: harness.simulator.url.replace('//', `//user:${canaryToken('endpoint')}@`),
    AWS_ACCESS_KEY_ID: 'AKIASIMULATED',
    AWS_SECRET_ACCESS_KEY: canaryToken('secret'),
    AWS_SESSION_TOKEN: sessionToken,
    HTTPS_PROXY: `http://user:${canaryToken('proxy')}@127.0.0.1:9`,
  });
  const role = { roleARN: 'arn:aws:iam::123456789012:role/wsap' };
  await harness.applyFleet('assumed', { ...role, externalID });
  await harness.applyFleet('refused', { ...role, externalID: canaryToken('wrongid') });
  await harness.apply('assumed', { fleetRef: { name: harness.fleetName('assumed') }, interval: '5s' });
  await harness.apply('refused', { fleetRef: { name: harness.fleetName('refused') } });
  for (const [region] of failing) {
    await harness.applyFleet(region, { region });
    await harness.apply(region, { fleetRef: { name: harness.fleetName(region) } });
  }
  await harness.waitForCondition('assumed', 'Compliant', 'True');
  await harness.waitForFleetCondition('refused', 'Ready', 'False', 'AccessDenied');
  for (const [region, , reported] of failing) {
    // Before its first read, a policy is not Ready for another reason.
    await eventuallyReported(async () => {
      const { status } = await harness.policy(region);
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      expect(ready, operator.log).toMatchObject({ status: 'False', message: expect.stringMatching(reported) });
    });
  }

  for (const mode of [401, 403, 500, 'Closed'] as const) {
    const said = operator.log.length;
    proxy.setMode(mode);
    const expected = mode === 'Closed' ? /cannot (list|watch) [^"]*socket hang up/ : `answered with ${mode}`;
    await eventually(() => expect(operator.log.slice(said)).toMatch(expected));
  }
  proxy.setMode('Open');
  harness.simulator.faults.add({ fault: 'CloseConnection' });
  await harness.waitForCondition('assumed', 'Ready', 'False', 'ReadFailed');
  const metrics = await (await operator.get('/metrics')).text();
  const written = await writtenObjects(harness);
  operator.signal('SIGUSR2');
  await eventually(() => expect(operator.log).toContain('a bug'));
  expect(metrics).toContain('wsap_');
  expect(canaryTokensIn(`${metrics}${written}${operator.log}`)).toEqual([]);
});

test('logs and command output contain no credential of a web identity or a credential plugin', async () => {
  const token = canaryToken('plugin');
  await using proxy = await AuthProxy.open(token);
  const files = await folder();
  const write = async (name: string, text: string) => {
    await writeFile(join(files, name), text);
    return join(files, name);
  };
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
  const script = `echo ${canaryToken('stderr')} >&2; cat '${await write('credential', JSON.stringify(credential))}'`;
  const exec = { apiVersion: credential.apiVersion, command: 'sh', args: ['-c', script], interactiveMode: 'Never' };
  const roles = [{ name: 'irsa' }];
  await using harness = await ClusterHarness.start(fleetOf(4, 2, { roles }));
  const environment = {
    KUBECONFIG: await write('config', proxy.kubeconfig({ exec })),
    AWS_ENDPOINT_URL: harness.simulator.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_WEB_IDENTITY_TOKEN_FILE: await write('token', canaryToken('webidentity')),
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/irsa',
  };
  await using operator = await replaceOperator(harness, environment);
  await harness.apply('no-visio', { interval: '5s' });
  await harness.waitForCondition('no-visio', 'Compliant', 'True');

  const run = (more: Record<string, string>, ...args: string[]) =>
    wsapWithEnvironment({ ...environment, ...more }, ...args);
  const inNamespace = ['-n', harness.namespace];
  const refused = { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/unknown' };
  const said: CommandResult[][] = [
    await Promise.all([
      run({}, '-v', 'plan', ...inNamespace, ...HIGH_RATE),
      run({}, '-v', 'report', ...inNamespace, ...HIGH_RATE),
      run(refused, '-v', 'plan', ...inNamespace),
    ]),
  ];
  proxy.setMode(401);
  said.push(await Promise.all([run(refused, '-v', 'doctor'), run({}, '-v', 'status', 'no-visio')]));
  expect(said.flat().map(({ code }) => code)).toEqual([0, 0, 1, 1, 1]);
  expect(canaryTokensIn(JSON.stringify([said, await writtenObjects(harness), operator.log]))).toEqual([]);
});
