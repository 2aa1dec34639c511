import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import type { Clock } from '../clock.ts';
import type { Fleet } from '../fleet/ports.ts';
import { type ClientOptions, createClient, createTaggingClient } from './client.ts';
import { WorkSpacesFleet } from './fleet.ts';
import { type CallObserver, type PriorityCallCount, RateLimitedClient } from './rateLimitedClient.ts';
import type { RateLimiter } from './rateLimiter.ts';

export interface AwsFleetOptions extends ClientOptions {
  /** Shared by all that call the same account and region. */
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
  /** From 0 up to 1, for the jitter of pauses; Math.random by default. */
  readonly random?: (() => number) | undefined;
  /** Aborted when the process stops: calls reject with Cancelled, but for a change that is already under way. */
  readonly signal: AbortSignal;
  readonly observer?: CallObserver | undefined;
}

export interface AwsFleet extends Fleet {
  /** The same, with reads that are served before an inventory's: for what a change waits on. */
  readonly urgent: Fleet;
  /** The requests sent so far by operation and result, every attempt counted. */
  calls(): PriorityCallCount[];
}

/** The WorkSpaces of the account and region that the options, or else the SDK's default chain, point at. */
export function createAwsFleet(options: AwsFleetOptions): AwsFleet {
  return awsFleetOver({ workspaces: createClient(options), tagging: createTaggingClient(options) }, options);
}

/** What requests go through. */
export interface Clients {
  readonly workspaces: WorkSpacesClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
}

/** The WorkSpaces that these clients reach. */
export function awsFleetOver(clients: Clients, options: Omit<AwsFleetOptions, keyof ClientOptions>): AwsFleet {
  const { random = Math.random } = options;
  const sender = new RateLimitedClient({ ...options, client: clients.workspaces, random });
  // Its quota is another one; what it takes from this bucket are a few calls, and one pace is easier to reason about.
  const tagging = new RateLimitedClient({ ...options, client: clients.tagging, random });
  return Object.assign(new WorkSpacesFleet(sender, tagging, 'inventory'), {
    urgent: new WorkSpacesFleet(sender, tagging, 'urgent'),
    calls: () => [...sender.calls(), ...tagging.calls()],
  });
}
