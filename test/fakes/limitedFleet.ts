import type { AwsFleet } from '../../src/aws/createAwsFleet.ts';
import { flowOfWork } from '../../src/aws/flow.ts';
import type { Priority, RateLimiter } from '../../src/aws/rateLimiter.ts';
import { type Fleet, PAGE_SIZE, type Precondition, type WorkspaceQuery } from '../../src/fleet/ports.ts';
import type { FakeFleet } from './fleet.ts';

/** A fake fleet behind a rate limiter: each page takes a token, like a call of the adapter. */
class LimitedFleet implements Fleet {
  protected readonly fleet: FakeFleet;
  readonly #limiter: RateLimiter;
  readonly #priority: Priority;
  readonly #calls: { count: number };
  readonly #onChange: (requestID: string) => void;

  constructor(
    fleet: FakeFleet,
    limiter: RateLimiter,
    priority: Priority,
    calls: { count: number },
    onChange: (requestID: string) => void,
  ) {
    this.fleet = fleet;
    this.#limiter = limiter;
    this.#priority = priority;
    this.#calls = calls;
    this.#onChange = onChange;
  }

  describeWorkspaces(query: WorkspaceQuery) {
    return this.#paged(() => this.fleet.describeWorkspaces(query));
  }

  describeApplications(query: { readonly applicationIDs?: readonly string[] }) {
    return this.#paged(() => this.fleet.describeApplications(query));
  }

  describeApplicationAssociations(applicationID: string) {
    return this.#paged(() => this.fleet.describeApplicationAssociations(applicationID));
  }

  describeWorkspaceAssociations(workspaceID: string) {
    return this.#paged(() => this.fleet.describeWorkspaceAssociations(workspaceID));
  }

  async describeTags(workspaceID: string) {
    await this.#token();
    return this.fleet.describeTags(workspaceID);
  }

  async getResources(workspaceIDs?: readonly string[]) {
    await this.#token();
    return this.fleet.getResources(workspaceIDs);
  }

  describeWorkspacesConnectionStatus(workspaceIDs: readonly string[]) {
    return workspaceIDs.length === 0
      ? Promise.resolve([])
      : this.#paged(() => this.fleet.describeWorkspacesConnectionStatus(workspaceIDs));
  }

  associateWorkspaceApplication(workspaceID: string, applicationID: string, precondition?: Precondition) {
    return this.#change(() => this.fleet.associateWorkspaceApplication(workspaceID, applicationID, precondition));
  }

  disassociateWorkspaceApplication(workspaceID: string, applicationID: string, precondition?: Precondition) {
    return this.#change(() => this.fleet.disassociateWorkspaceApplication(workspaceID, applicationID, precondition));
  }

  deployWorkspaceApplications(workspaceID: string, options: { readonly force: boolean }, precondition?: Precondition) {
    return this.#change(() => this.fleet.deployWorkspaceApplications(workspaceID, options, precondition));
  }

  async #change<T>(call: () => Promise<T>): Promise<T> {
    await this.#token();
    const result = await call();
    this.#onChange(`request-${this.#calls.count}`);
    return result;
  }

  async #paged<T extends { readonly length: number }>(read: () => Promise<T>): Promise<T> {
    await this.#token();
    const items = await read();
    for (let page = 1; page < Math.ceil(items.length / PAGE_SIZE); page++) {
      await this.#token();
    }
    return items;
  }

  async #token(): Promise<void> {
    await this.#limiter.acquire(this.#priority, undefined, flowOfWork());
    this.#limiter.onResponse();
    this.#calls.count++;
  }
}

/** Returns a fake fleet as the adapter provides it. `calls` counts the calls. */
export function limitedFleet(
  fleet: FakeFleet,
  limiter: RateLimiter,
  calls: { count: number },
  onChange: (requestID: string) => void = () => {},
): AwsFleet {
  return Object.assign(new LimitedFleet(fleet, limiter, 'inventory', calls, onChange), {
    urgent: new LimitedFleet(fleet, limiter, 'urgent', calls, onChange),
    bundlesWith: () => fleet,
    calls: () => [],
  });
}
