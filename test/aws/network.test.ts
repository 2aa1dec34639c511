import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AwsConnection } from '../../src/aws/connection.ts';
import { createAwsFleet } from '../../src/aws/createAwsFleet.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { CA_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY } from '../certificates.ts';
import { InstantClock } from '../fakes/clock.ts';
import { failureOf, WORKSPACE } from './harness.ts';
import { type RecordingProxy, startProxy } from './recordingProxy.ts';

const ROLE = 'arn:aws:iam::123456789012:role/wsap';
const CREDENTIALS = `<Credentials><AccessKeyId>AKIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>`;
const IDENTITY = '<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/test</Arn><UserId>u</UserId>';

let folder: string;
let endpoint: Server;
let port: number;
/** Operations and paths that the endpoint received. */
let received: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-aws-network-'));
  received = [];
  endpoint = await startEndpoint();
  port = (endpoint.address() as AddressInfo).port;
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
  };
  for (const name of Object.keys(process.env)) {
    if (/^AWS_|_proxy$/i.test(name)) {
      vi.stubEnv(name, undefined);
    }
  }
  stub(environment);
  await write('ca.crt', CA_CERTIFICATE);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  endpoint.close();
  endpoint.closeAllConnections();
  await rm(folder, { recursive: true });
});

/** Starts an endpoint with TLS that responds to WorkSpaces, STS, and IAM Identity Center. */
async function startEndpoint(): Promise<Server> {
  const server = createServer({ cert: SERVER_CERTIFICATE, key: SERVER_KEY }, async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) {
      body += chunk;
    }
    const action = new URLSearchParams(body).get('Action') ?? String(request.headers['x-amz-target']).split('.').at(-1);
    received.push(action === 'undefined' ? (request.url ?? '').replace(/\?.*/, '') : (action ?? ''));
    if (request.url?.startsWith('/federation/credentials')) {
      const roleCredentials = {
        accessKeyId: 'AKIASSO',
        secretAccessKey: 's',
        sessionToken: 't',
        expiration: 32503680000000,
      };
      response.end(JSON.stringify({ roleCredentials }));
    } else if (action === 'GetCallerIdentity' || action?.startsWith('AssumeRole')) {
      const result = action === 'GetCallerIdentity' ? IDENTITY : CREDENTIALS;
      response.setHeader('content-type', 'text/xml');
      response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
    } else {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify({ Associations: [], ResourceTagMappingList: [], Workspaces: [] }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function stub(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) {
    vi.stubEnv(name, value?.replaceAll('{folder}', folder));
  }
}

const write = (name: string, text: string) => writeFile(join(folder, name), text.replaceAll('{folder}', folder));

function connection(role?: string): AwsConnection {
  return new AwsConnection({
    role: role === undefined ? undefined : { roleARN: role, externalID: undefined, sessionName: 'test' },
    clock: new InstantClock(),
    random: () => 0.5,
    signal: new AbortController().signal,
  });
}

/** Reads associations from an endpoint. */
function readFrom(url: string | undefined) {
  const clock = new InstantClock();
  const rateLimiter = new RateLimiter({ callsPerSecond: 100, burst: 100, clock });
  const signal = new AbortController().signal;
  const fleet = createAwsFleet({ endpoint: url, rateLimiter, clock, random: () => 0.5, signal });
  return fleet.describeWorkspaceAssociations(WORKSPACE);
}

describe('the certificate authorities of AWS endpoints', () => {
  const read = () => readFrom(`https://localhost:${port}`);

  test('AWS_CA_BUNDLE', async () => {
    stub({ AWS_CA_BUNDLE: '{folder}/ca.crt' });
    expect(await read()).toEqual([]);
  });

  test.each([
    ['the default profile', '[default]', {}],
    ['AWS_PROFILE', '[profile corp]', { AWS_PROFILE: 'corp' }],
  ])('ca_bundle of %s', async (_, section, environment) => {
    const keys = 'aws_access_key_id = AKIA\naws_secret_access_key = s\n';
    await write('config', `${section}\n${keys}ca_bundle = {folder}/ca.crt\n`);
    stub({ ...environment, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
    expect(await read()).toEqual([]);
  });

  test('AWS_CA_BUNDLE wins over ca_bundle', async () => {
    await write('config', '[default]\nca_bundle = {folder}/missing.crt\n');
    stub({ AWS_CA_BUNDLE: '{folder}/ca.crt' });
    expect(await read()).toEqual([]);
  });

  test('without them, the error names the settings to change and no flag of Node.js', async () => {
    const { message } = await failureOf(read());
    expect(message).toContain('set AWS_CA_BUNDLE, or ca_bundle in the AWS profile, to a file with the CA certificates');
    expect(message).not.toMatch(/Node\.js|--use-system-ca/);
    expect(received).toEqual([]);
  });

  test.each([
    [
      'a missing file',
      'missing.crt',
      /cannot read the CA bundle of AWS: ENOENT.*missing\.crt.*correct AWS_CA_BUNDLE or ca_bundle/,
    ],
    [
      'a file without certificates',
      'empty.crt',
      /empty\.crt contains no certificate in PEM; correct AWS_CA_BUNDLE or ca_bundle/,
    ],
  ])('%s is an error that names the setting', async (_, name, expected) => {
    await write('empty.crt', 'nothing');
    stub({ AWS_CA_BUNDLE: `{folder}/${name}` });
    expect((await failureOf(read())).message).toMatch(expected);
  });

  test('a corrected file is read without a restart', async () => {
    const clock = new InstantClock();
    const rateLimiter = new RateLimiter({ callsPerSecond: 100, burst: 100, clock });
    const signal = new AbortController().signal;
    stub({ AWS_CA_BUNDLE: '{folder}/late.crt' });
    const fleet = createAwsFleet({ endpoint: `https://localhost:${port}`, rateLimiter, clock, signal });
    await failureOf(fleet.describeWorkspaceAssociations(WORKSPACE));
    await write('late.crt', CA_CERTIFICATE);
    expect(await fleet.describeWorkspaceAssociations(WORKSPACE)).toEqual([]);
  });
});

describe('a proxy to AWS', () => {
  let proxy: RecordingProxy;
  beforeEach(async () => {
    proxy = await startProxy({ port });
    stub({ AWS_CA_BUNDLE: '{folder}/ca.crt', HTTPS_PROXY: proxy.url });
    return () => proxy[Symbol.asyncDispose]();
  });

  test('is used for WorkSpaces', async () => {
    expect(await readFrom('https://workspaces.example.test')).toEqual([]);
    expect(proxy.targets).toEqual(['workspaces.example.test:443']);
  });

  test.each([
    ['workspaces.example.test', 'https://localhost'],
    ['127.0.0.0/8', 'https://127.0.0.1'],
  ])('is not used for an exception, NO_PROXY=%s', async (noProxy, url) => {
    stub({ NO_PROXY: noProxy });
    expect(await readFrom(`${url}:${port}`)).toEqual([]);
    expect(proxy.targets).toEqual([]);
  });

  test('is used for an endpoint with plain HTTP, with HTTP_PROXY', async () => {
    stub({ HTTP_PROXY: proxy.url });
    await failureOf(readFrom('http://aws.example.test:8080'));
    expect(new Set(proxy.targets)).toEqual(new Set(['http://aws.example.test:8080/']));
  });

  test('is used for STS and for an assumed role', async () => {
    stub({ AWS_ENDPOINT_URL_STS: 'https://sts.example.test' });
    expect(await connection(ROLE).identify()).toMatchObject({ accountID: '123456789012' });
    expect(received).toEqual(['AssumeRole', 'GetCallerIdentity']);
    expect(new Set(proxy.targets)).toEqual(new Set(['sts.example.test:443']));
  });

  test('is used for a web identity', async () => {
    await write('token', 'jwt');
    stub({
      AWS_ENDPOINT_URL_STS: 'https://sts.example.test',
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_WEB_IDENTITY_TOKEN_FILE: '{folder}/token',
      AWS_ROLE_ARN: ROLE,
    });
    await connection().identify();
    expect(received).toEqual(['AssumeRoleWithWebIdentity', 'GetCallerIdentity']);
    expect(new Set(proxy.targets)).toEqual(new Set(['sts.example.test:443']));
  });

  test('is used for the role of a profile', async () => {
    const source = '[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = s\n';
    await write('config', `${source}[profile corp]\nrole_arn = ${ROLE}\nsource_profile = base\n`);
    stub({
      AWS_PROFILE: 'corp',
      AWS_ENDPOINT_URL_STS: 'https://sts.example.test',
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
    });
    await connection().identify();
    expect(received).toEqual(['AssumeRole', 'GetCallerIdentity']);
    expect(new Set(proxy.targets)).toEqual(new Set(['sts.example.test:443']));
  });

  test('is used for IAM Identity Center', async () => {
    stub({
      HOME: folder,
      AWS_ENDPOINT_URL: 'https://aws.example.test',
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_PROFILE: 'sso',
    });
    await mkdir(join(folder, '.aws/sso/cache'), { recursive: true });
    const startUrl = 'https://example.awsapps.com/start';
    const cached = createHash('sha1').update(startUrl).digest('hex');
    await write(
      `.aws/sso/cache/${cached}.json`,
      JSON.stringify({ accessToken: 'a', expiresAt: '2999-01-01T00:00:00Z' }),
    );
    await write(
      'config',
      `[profile sso]\nsso_start_url = ${startUrl}\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = r\n`,
    );
    await connection().identify();
    expect(received).toEqual(['/federation/credentials', 'GetCallerIdentity']);
    expect(
      proxy.targets.every((target) => /^(portal\.sso\.us-east-1\.amazonaws\.com|aws\.example\.test):443$/.test(target)),
    ).toBe(true);
    expect(proxy.targets.length).toBeGreaterThanOrEqual(1);
  });
});

describe('a proxy that fails', () => {
  test.each([
    [403, /the proxy http:\/\/127\.0\.0\.1:\d+ of HTTPS_PROXY refused the connection: HTTP 403/],
    [407, /refused the connection: HTTP 407; add the user and password of the proxy to HTTPS_PROXY/],
  ])('is named with its HTTP status %d', async (status, expected) => {
    await using proxy = await startProxy({ status });
    stub({ HTTPS_PROXY: proxy.url });
    const { message, details } = await failureOf(readFrom('https://workspaces.example.test'));
    expect(message).toMatch(expected);
    expect(details.kind).toBe('Unavailable');
  });

  test('is named if it refuses connections', async () => {
    stub({ HTTPS_PROXY: 'http://user:secret@127.0.0.1:9' });
    const { message } = await failureOf(readFrom('https://workspaces.example.test'));
    expect(message).toContain(
      'the connection was refused (ECONNREFUSED), through the proxy http://127.0.0.1:9 of HTTPS_PROXY',
    );
    expect(message).not.toContain('secret');
  });
});

describe('the endpoints', () => {
  /** Returns the endpoints of WorkSpaces, tags, and STS, as a proxy sees them. */
  async function endpointsOf(role?: string): Promise<string[]> {
    await using proxy = await startProxy();
    stub({ HTTPS_PROXY: proxy.url });
    const clock = new InstantClock();
    const rateLimiter = new RateLimiter({ callsPerSecond: 100, burst: 100, clock });
    const access = connection(role);
    const fleet = access.fleet(rateLimiter, { accountID: '123456789012', arn: ROLE, region: 'us-east-1' });
    await failureOf(access.identify());
    if (role === undefined) {
      await failureOf(fleet.describeWorkspaceAssociations(WORKSPACE));
      await failureOf(fleet.getResources());
    }
    return [...new Set(proxy.targets)].sort();
  }

  const FIPS = [
    'sts-fips.us-east-1.amazonaws.com:443',
    'tagging-fips.us-east-1.amazonaws.com:443',
    'workspaces-fips.us-east-1.amazonaws.com:443',
  ];
  const DUAL_STACK = ['sts.us-east-1.api.aws:443', 'tagging.us-east-1.api.aws:443', 'workspaces.us-east-1.api.aws:443'];

  test('are those of FIPS with AWS_USE_FIPS_ENDPOINT', async () => {
    stub({ AWS_USE_FIPS_ENDPOINT: 'true' });
    expect(await endpointsOf()).toEqual(FIPS);
  });

  test('are dual-stack with AWS_USE_DUALSTACK_ENDPOINT', async () => {
    stub({ AWS_USE_DUALSTACK_ENDPOINT: 'true' });
    expect(await endpointsOf()).toEqual(DUAL_STACK);
  });

  test.each([
    ['use_fips_endpoint', FIPS],
    ['use_dualstack_endpoint', DUAL_STACK],
  ])('follow %s of the profile', async (setting, expected) => {
    await write('config', `[profile corp]\naws_access_key_id = AKIA\naws_secret_access_key = s\n${setting} = true\n`);
    stub({ AWS_PROFILE: 'corp', AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
    expect(await endpointsOf()).toEqual(expected);
  });

  test('are those of FIPS also to assume a role', async () => {
    stub({ AWS_USE_FIPS_ENDPOINT: 'true' });
    expect(await endpointsOf(ROLE)).toEqual(['sts-fips.us-east-1.amazonaws.com:443']);
  });
});

test('a role of another partition than the region is rejected without a call', async () => {
  stub({ AWS_REGION: 'cn-north-1' });
  const { message, details } = await failureOf(connection(ROLE).identify());
  expect(message).toContain(`the role ${ROLE} belongs to the partition aws, but cn-north-1 to aws-cn`);
  expect(details.kind).toBe('Unauthenticated');
});

test('a missing profile is named', async () => {
  stub({ AWS_PROFILE: 'typo', AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
  const { message } = await failureOf(connection().identify());
  expect(message).toContain('the profile typo, which AWS_PROFILE names, is not in the AWS configuration');
});

test('a missing source profile is named', async () => {
  await write('config', `[profile corp]\nrole_arn = ${ROLE}\nsource_profile = typo\n`);
  stub({ AWS_PROFILE: 'corp', AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
  const { message } = await failureOf(connection().identify());
  expect(message).toContain(
    'the profile typo, which source_profile of the profile corp names, is not in the AWS configuration',
  );
});
