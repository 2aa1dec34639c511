import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../src/simulator/faults.ts';
import { AuthProxy } from './authProxy.ts';
import { canariesIn, canary } from './canaries.ts';
import { ClusterHarness, eventually, fleetOf } from './clusterHarness.ts';
import { OperatorProcess } from './operatorProcess.ts';
import { type Ended, wsapIn } from './wsap.ts';

/** Has a bug happen in the operator, at SIGUSR2, whose error carries a credential. */
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

/** An operator with another environment than the scene's. */
async function instead(harness: ClusterHarness, environment: Record<string, string>): Promise<OperatorProcess> {
  await harness.operator.kill();
  const { namespace, simulator } = harness;
  // The usual leases: this is no test of theirs.
  const leases = ['--lease-duration', '15s', '--renew-deadline', '10s', '--retry-period', '2s'];
  return new OperatorProcess({
    namespace,
    endpoint: simulator.url,
    flags: ['--log-level', 'trace', ...leases],
    env: environment,
  }).start();
}

/** What the operator has written where people look; an external id in a fleet's spec is theirs. */
async function everythingWritten(harness: ClusterHarness): Promise<string> {
  const [fleets = '', ...others] = await Promise.all([
    harness.kubectl('get', 'wsfleet', '-o', 'json'),
    harness.kubectl('get', 'wsap', '-o', 'json'),
    harness.kubectl('get', 'events', '-A', '-o', 'json'),
  ]);
  const statuses = JSON.parse(fleets).items.map(({ status }: { status?: object }) => status);
  return [JSON.stringify(statuses), ...others].join('\n');
}

/** What can go wrong with AWS, each in a region of its own, and what is told of it. */
function troubledRegions(sessionToken: string): readonly [region: string, fault: Fault, told: RegExp][] {
  // AWS says what it expected to be signed, the session's token included.
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

test('no credential shows in a log, a status, an Event or a metric, whatever goes wrong', async () => {
  const token = canary('token');
  const sessionToken = canary('session');
  const externalID = canary('externalid');
  await using door = await AuthProxy.open(token);
  const kubeconfig = join(await folder(), 'config');
  const clientKey = Buffer.from(canary('clientkey')).toString('base64');
  await writeFile(kubeconfig, door.kubeconfig({ token, 'client-key-data': clientKey }));
  const troubled = troubledRegions(sessionToken);
  const elsewhere = troubled.map(([region, fault]) => fleetOf(2, 1, { region, faults: [fault] }));
  const roles = [{ name: 'wsap', externalID }];
  await using harness = await ClusterHarness.begin(fleetOf(4, 2, { roles }), [], elsewhere);
  await using operator = await instead(harness, {
    KUBECONFIG: kubeconfig,
    NODE_OPTIONS: `--import=${BUG}`,
    AWS_ENDPOINT_URL: harness.simulator.url.replace('//', `//user:${canary('endpoint')}@`),
    AWS_ACCESS_KEY_ID: 'AKIASIMULATED',
    AWS_SECRET_ACCESS_KEY: canary('secret'),
    AWS_SESSION_TOKEN: sessionToken,
    HTTPS_PROXY: `http://user:${canary('proxy')}@127.0.0.1:9`,
  });
  const role = { roleARN: 'arn:aws:iam::123456789012:role/wsap' };
  await harness.applyFleet('assumed', { ...role, externalID });
  await harness.applyFleet('refused', { ...role, externalID: canary('wrongid') });
  await harness.apply('assumed', { fleetRef: { name: harness.fleetName('assumed') }, interval: '5s' });
  await harness.apply('refused', { fleetRef: { name: harness.fleetName('refused') } });
  for (const [region] of troubled) {
    await harness.applyFleet(region, { region });
    await harness.apply(region, { fleetRef: { name: harness.fleetName(region) } });
  }
  await harness.untilCondition('assumed', 'Compliant', 'True');
  await harness.untilFleet('refused', 'Ready', 'False', 'AccessDenied');
  for (const [region, , told] of troubled) {
    const { status } = await harness.untilCondition(region, 'Ready', 'False');
    expect(status?.conditions?.[0]?.message).toMatch(told);
  }

  for (const mode of [401, 403, 500, 'Closed'] as const) {
    const said = operator.log.length;
    door.shut(mode);
    const expected = mode === 'Closed' ? /cannot (list|watch) [^"]*socket hang up/ : `answered with ${mode}`;
    await eventually(() => expect(operator.log.slice(said)).toMatch(expected));
  }
  door.shut('Open');
  harness.simulator.faults.add({ fault: 'CloseConnection' });
  await harness.untilCondition('assumed', 'Ready', 'False', 'ReadFailed');
  const metrics = await (await operator.get('/metrics')).text();
  const written = await everythingWritten(harness);
  operator.signal('SIGUSR2');
  await eventually(() => expect(operator.log).toContain('a bug'));
  expect(metrics).toContain('wsap_');
  expect(canariesIn(`${metrics}${written}${operator.log}`)).toEqual([]);
});

test('no credential shows of a web identity and a credential plugin, nor in what commands say', async () => {
  const token = canary('plugin');
  await using door = await AuthProxy.open(token);
  const files = await folder();
  const write = async (name: string, text: string) => {
    await writeFile(join(files, name), text);
    return join(files, name);
  };
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
  const script = `echo ${canary('stderr')} >&2; cat '${await write('credential', JSON.stringify(credential))}'`;
  const exec = { apiVersion: credential.apiVersion, command: 'sh', args: ['-c', script], interactiveMode: 'Never' };
  const roles = [{ name: 'irsa' }];
  await using harness = await ClusterHarness.begin(fleetOf(4, 2, { roles }));
  const environment = {
    KUBECONFIG: await write('config', door.kubeconfig({ exec })),
    AWS_ENDPOINT_URL: harness.simulator.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_WEB_IDENTITY_TOKEN_FILE: await write('token', canary('webidentity')),
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/irsa',
  };
  await using operator = await instead(harness, environment);
  await harness.apply('no-visio', { interval: '5s' });
  await harness.untilCondition('no-visio', 'Compliant', 'True');

  const run = (more: Record<string, string>, ...args: string[]) => wsapIn({ ...environment, ...more }, ...args);
  const inNamespace = ['-n', harness.namespace];
  const refused = { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/unknown' };
  const said: Ended[][] = [
    await Promise.all([
      run({}, '-v', 'plan', ...inNamespace, '--aws-requests-per-second', '500'),
      run({}, '-v', 'report', ...inNamespace, '--aws-requests-per-second', '500'),
      run(refused, '-v', 'plan', ...inNamespace),
    ]),
  ];
  door.shut(401);
  said.push(await Promise.all([run(refused, '-v', 'doctor'), run({}, '-v', 'status', 'no-visio')]));
  expect(said.flat().map(({ code }) => code)).toEqual([0, 0, 1, 1, 1]);
  expect(canariesIn(JSON.stringify([said, await everythingWritten(harness), operator.log]))).toEqual([]);
});
