import { afterEach, describe, expect, test, vi } from 'vitest';
import { failureOf, startFleet, WORKSPACE } from './harness.ts';
import { ok } from './server.ts';

const empty = ok({ Associations: [] });
/** Environment in which the default chain of the SDK finds nothing. */
const NOTHING = {
  AWS_REGION: undefined,
  AWS_DEFAULT_REGION: undefined,
  AWS_PROFILE: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_ROLE_ARN: undefined,
  AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: undefined,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined,
  AWS_ENDPOINT_URL: undefined,
  AWS_ENDPOINT_URL_WORKSPACES: undefined,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
};

function stubEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries({ ...NOTHING, ...environment })) {
    vi.stubEnv(name, value);
  }
}

describe('an AWS client', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('sends the version of wsap in the user agent', async () => {
    await using harness = await startFleet([empty]);
    await harness.fleet.describeWorkspaceAssociations(WORKSPACE);
    expect(harness.server.received[0]?.headers['user-agent']).toContain('wsap/1.2.3');
  });

  test('reads region, endpoint, and credentials from the default chain of the SDK', async () => {
    await using harness = await startFleet([empty], { region: undefined, endpoint: undefined, credentials: undefined });
    stubEnvironment({
      AWS_REGION: 'eu-west-3',
      AWS_ACCESS_KEY_ID: 'AKIAFROMENVIRONMENT',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL_WORKSPACES: harness.server.endpoint,
    });
    await harness.fleet.describeWorkspaceAssociations(WORKSPACE);
    const { authorization } = harness.server.received[0]?.headers ?? {};
    expect(authorization).toMatch(/AKIAFROMENVIRONMENT\/\d+\/eu-west-3\/workspaces\//);
  });

  test.each([
    ['a region', { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }, 'AWS_REGION'],
    ['credentials', { AWS_REGION: 'eu-west-3' }, 'AWS_ACCESS_KEY_ID'],
  ])('sends nothing without %s and names the setting to add', async (_, environment, advice) => {
    stubEnvironment(environment);
    await using harness = await startFleet([empty], { region: undefined, credentials: undefined });
    const { details } = await failureOf(harness.fleet.describeWorkspaceAssociations(WORKSPACE));
    expect(details.kind).toBe('Unauthenticated');
    expect(details.reason).toContain(advice);
    expect(harness.server.received).toEqual([]);
  });
});
