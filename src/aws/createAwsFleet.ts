import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import type { Clock } from '../clock.ts';
import type { BundleReader, Fleet } from '../fleet/ports.ts';
import { WorkSpacesBundles } from './bundles.ts';
import { type ClientOptions, createClient, createTaggingClient } from './client.ts';
import { WorkSpacesFleet } from './fleet.ts';
import { type CallObserver, type PriorityCallCount, RateLimitedClient } from './rateLimitedClient.ts';
import type { Priority, RateLimiter } from './rateLimiter.ts';

export interface AwsFleetOptions extends ClientOptions {
  /** Rate limiter shared by all callers of the same account and region. */
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
  /** Returns a number from 0 up to 1, for the jitter of pauses. Defaults to `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Aborted when the process stops. Calls reject with `Canceled`; a change that was sent is awaited. */
  readonly signal: AbortSignal;
  readonly observer?: CallObserver | undefined;
  /** Called when AWS accepted a change, with the request ID of the response. */
  readonly onChange?: ((requestID: string) => void) | undefined;
  /** Account and region, by which tags are read for single WorkSpaces. Without it, tags are read for all WorkSpaces at once. */
  readonly location?: AwsLocation | undefined;
}

/** AWS account and region of a fleet. */
interface AwsLocation {
  readonly partition: string;
  readonly accountID: string;
  readonly region: string;
}

export interface AwsFleet extends Fleet {
  /** The same fleet with reads that take precedence over inventory reads. Used for reads that a change waits for. */
  readonly urgent: Fleet;
  /** Returns a reader of bundles and images whose requests have this priority. */
  bundlesWith(priority: Priority): BundleReader;
  /** Returns the number of requests by operation, result, and priority. Every attempt counts. */
  calls(): PriorityCallCount[];
}

/** Returns the WorkSpaces of the account and region that the options, or the SDK's default chain, select. */
export function createAwsFleet(options: AwsFleetOptions): AwsFleet {
  return awsFleetOver({ workspaces: createClient(options), tagging: createTaggingClient(options) }, options);
}

/** SDK clients of a fleet. */
export interface Clients {
  readonly workspaces: WorkSpacesClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
}

/** Returns the WorkSpaces that these clients reach. */
export function awsFleetOver(clients: Clients, options: Omit<AwsFleetOptions, keyof ClientOptions>): AwsFleet {
  const { random = Math.random, location } = options;
  const arnPrefix =
    location && `arn:${location.partition}:workspaces:${location.region}:${location.accountID}:workspace/`;
  const workspaces = new RateLimitedClient({ ...options, client: clients.workspaces, random });
  // The Tagging API has its own quota. It shares the limiter because it needs few calls and one rate is easier to
  // reason about.
  const tagging = new RateLimitedClient({ ...options, client: clients.tagging, random });
  return Object.assign(new WorkSpacesFleet(workspaces, tagging, 'inventory', arnPrefix), {
    urgent: new WorkSpacesFleet(workspaces, tagging, 'urgent', arnPrefix),
    bundlesWith: (priority: Priority) => new WorkSpacesBundles(workspaces, priority),
    calls: () => [...workspaces.calls(), ...tagging.calls()],
  });
}
