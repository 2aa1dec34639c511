import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { STSClient } from '@aws-sdk/client-sts';
import { WorkSpacesClient, type WorkSpacesClientConfig } from '@aws-sdk/client-workspaces';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';

/** How long to wait for AWS, in milliseconds. */
export interface Timeouts {
  /** Until the connection stands. */
  readonly connection: number;
  /** Until the answer begins, and between any two parts of it. */
  readonly request: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connection: 10_000, request: 30_000 };

export interface ClientOptions {
  /** By default from the SDK's chain: AWS_REGION, then the profile. */
  readonly region?: string | undefined;
  /** By default from the SDK's chain: AWS_ENDPOINT_URL_WORKSPACES, AWS_ENDPOINT_URL, the profile, then AWS's own for the region. */
  readonly endpoint?: string | undefined;
  /** By default from the SDK's chain: environment, profile, web identity, container, instance. */
  readonly credentials?: WorkSpacesClientConfig['credentials'] | undefined;
  readonly timeouts?: Timeouts | undefined;
  /** The version of wsap, for the user agent in CloudTrail. */
  readonly version?: string | undefined;
}

/** A client of the WorkSpaces API. */
export function createClient(options: ClientOptions): WorkSpacesClient {
  return new WorkSpacesClient(configurationOf(options));
}

/** A client of the Resource Groups Tagging API. */
export function createTaggingClient(options: ClientOptions): ResourceGroupsTaggingAPIClient {
  return new ResourceGroupsTaggingAPIClient(configurationOf(options));
}

/** A client of the Security Token Service. */
export function createIdentityClient(options: ClientOptions): STSClient {
  return new STSClient(configurationOf(options));
}

/** Credentials of a role that the identity of the SDK's default chain assumes, renewed before they expire. */
export function assumeRole({ roleARN, externalID, sessionName, ...options }: AssumedRole & ClientOptions) {
  const { maxAttempts: _, ...clientConfig } = configurationOf(options);
  return fromTemporaryCredentials({
    params: { RoleArn: roleARN, RoleSessionName: sessionName, ExternalId: externalID },
    clientConfig,
  });
}

/** A role in AWS, and under which name its use shows in CloudTrail. */
export interface AssumedRole {
  readonly roleARN: string;
  readonly externalID: string | undefined;
  readonly sessionName: string;
}

/**
 * A client sends each request once. What may be repeated depends on what it does, each attempt has to take its token before it is
 * signed, and pauses have to end when the process stops; so attempts are made by the Sender, not by the SDK.
 */
function configurationOf({ region, endpoint, credentials, timeouts, version }: ClientOptions) {
  const { connection, request } = timeouts ?? DEFAULT_TIMEOUTS;
  return {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    customUserAgent: [version === undefined ? ['wsap'] : ['wsap', version]],
    maxAttempts: 1,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: connection,
      requestTimeout: request,
      // Without this the SDK only prints a warning; and its request timeout ends where the answer begins.
      throwOnRequestTimeout: true,
      socketTimeout: request,
    },
  } satisfies WorkSpacesClientConfig;
}
