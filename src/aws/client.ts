import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { WorkSpacesClient, type WorkSpacesClientConfig } from '@aws-sdk/client-workspaces';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { defaultCredentials } from './defaultCredentials.ts';
import { AwsRequestHandler } from './requestHandler.ts';
import { tolerateInvalidTimes } from './tolerantTimes.ts';

/** Timeouts of requests to AWS, in milliseconds. */
interface Timeouts {
  /** Maximum time to establish a connection. */
  readonly connection: number;
  /** Maximum time until the response starts, and between two parts of it. */
  readonly request: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connection: 10_000, request: 30_000 };

export interface ClientOptions {
  /** AWS region. Defaults to the SDK's chain: `AWS_REGION`, then the profile. */
  readonly region?: string | undefined;
  /**
   * Endpoint URL. Defaults to the SDK's chain: `AWS_ENDPOINT_URL_WORKSPACES`, `AWS_ENDPOINT_URL`, the profile, then the
   * regional endpoint.
   */
  readonly endpoint?: string | undefined;
  /** Credentials. Defaults to the SDK's chain: environment, profile, web identity, container, instance. */
  readonly credentials?: WorkSpacesClientConfig['credentials'] | undefined;
  readonly timeouts?: Timeouts | undefined;
  /** Version of wsap, shown in the user agent in CloudTrail. */
  readonly version?: string | undefined;
}

/** Returns a client for the WorkSpaces API. */
export function createClient(options: ClientOptions): WorkSpacesClient {
  return tolerateInvalidTimes(new WorkSpacesClient(configurationOf(options)));
}

/** Returns a client for the Resource Groups Tagging API. */
export function createTaggingClient(options: ClientOptions): ResourceGroupsTaggingAPIClient {
  return new ResourceGroupsTaggingAPIClient(configurationOf(options));
}

/** Returns a client for the Security Token Service. */
export function createIdentityClient(options: ClientOptions): STSClient {
  return new STSClient(configurationOf(options));
}

/** Returns a client for the Simple Notification Service. Loads its code on first use, because few installations use it. */
export async function createTopicClient(options: ClientOptions): Promise<SNSClient> {
  const { SNSClient } = await import('@aws-sdk/client-sns');
  return new SNSClient(configurationOf(options));
}

/**
 * Returns the credentials of a role that the identity of the SDK's default chain assumes. They are renewed before they
 * expire.
 */
export function assumeRole({ roleARN, externalID, sessionName, ...options }: AssumedRole & ClientOptions) {
  const { maxAttempts: _, ...clientConfig } = configurationOf(options);
  return fromTemporaryCredentials({
    params: { RoleArn: roleARN, RoleSessionName: sessionName, ExternalId: externalID },
    clientConfig,
  });
}

/** IAM role to assume, and the session name that CloudTrail shows. */
export interface AssumedRole {
  readonly roleARN: string;
  readonly externalID: string | undefined;
  readonly sessionName: string;
}

/**
 * Returns the client configuration. A client sends each request once: `RateLimitedClient` makes the attempts. It knows
 * which requests are safe to repeat, takes a token before each attempt is signed, and ends its pauses when the process
 * stops.
 */
export function configurationOf({ region, endpoint, credentials, timeouts, version }: ClientOptions) {
  const { connection, request } = timeouts ?? DEFAULT_TIMEOUTS;
  const requestHandler = new AwsRequestHandler({
    connectionTimeout: connection,
    requestTimeout: request,
    // Without this flag, the SDK only logs a warning. Its request timeout ends when the response starts, so a socket
    // timeout covers the rest.
    throwOnRequestTimeout: true,
    socketTimeout: request,
  });
  return {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    credentials: credentials ?? defaultCredentials(requestHandler),
    customUserAgent: [version === undefined ? ['wsap'] : ['wsap', version]],
    maxAttempts: 1,
    retryMode: 'standard',
    requestHandler,
  } satisfies WorkSpacesClientConfig;
}
