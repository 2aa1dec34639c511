import type { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import type { Clock } from '../../src/clock.ts';
import { SimulatedRateLimiter } from '../../src/simulator/rateLimit.ts';

/** Size of a synthetic fleet. Its pages are generated on request, so it can have any size. */
export interface FleetShape {
  readonly workspaces: number;
  /** Number of applications. */
  readonly applications: number;
  /** Number of applications on each WorkSpace, assigned in turns. */
  readonly perWorkspace: number;
  /** Number of WorkSpaces that also have the application RARE, distributed over the fleet. */
  readonly rare: number;
}

export const RARE = 'wsa-rare00000';
const PAGE_SIZE = 25;
const DOCUMENTED_LIMIT = { callsPerSecond: 2, burst: 5 };

export function workspaceID(n: number): string {
  return `ws-${String(n).padStart(9, '0')}`;
}

export function applicationID(n: number): string {
  return `wsa-${String(n).padStart(9, '0')}`;
}

type Input = Readonly<Record<string, unknown>>;

/** Responses of AWS for a synthetic fleet. */
export class SyntheticPages {
  readonly #shape: FleetShape;

  constructor(shape: FleetShape) {
    this.#shape = shape;
  }

  /** Returns the response to an operation. */
  answer(operation: string, input: Input): object {
    switch (operation) {
      case 'DescribeWorkspaces':
        return input.WorkspaceIds === undefined
          ? this.#page('Workspaces', this.#shape.workspaces, input, (n) => workspaceOf(n))
          : { Workspaces: (input.WorkspaceIds as string[]).map((id) => workspaceOf(Number(id.slice(3)))) };
      case 'DescribeApplications':
        return this.#page('Applications', this.#shape.applications + 1, input, (n) => this.#application(n));
      case 'DescribeApplicationAssociations':
        return this.#associations(String(input.ApplicationId), input);
      default:
        throw new Error(`the benchmark has no response for ${operation}`);
    }
  }

  /** Returns the number of WorkSpaces with an application. */
  associated(id: string): number {
    const { workspaces, applications, perWorkspace, rare } = this.#shape;
    return id === RARE ? rare : (workspaces / applications) * perWorkspace;
  }

  #application(n: number) {
    return n === this.#shape.applications
      ? { ApplicationId: RARE, Name: 'Rare', Owner: 'AMAZON', State: 'AVAILABLE' }
      : { ApplicationId: applicationID(n), Name: `Application ${n}`, Owner: 'AMAZON', State: 'AVAILABLE' };
  }

  /**
   * Returns a page of the WorkSpaces with an application. WorkSpace w has the applications w, w + 1, and so on, in
   * turns.
   */
  #associations(id: string, input: Input): object {
    const { workspaces, applications, perWorkspace, rare } = this.#shape;
    const nth = (index: number) => {
      if (id === RARE) {
        return index * Math.floor(workspaces / rare);
      }
      const turn = Math.floor(index / perWorkspace);
      const offset = (Number(id.slice(4)) - (index % perWorkspace) + applications) % applications;
      return turn * applications + offset;
    };
    return this.#page('Associations', this.associated(id), input, (n) => ({
      AssociatedResourceId: workspaceID(nth(n)),
      AssociatedResourceType: 'WORKSPACE',
      Created: new Date(1_700_000_000_000),
      LastUpdatedTime: new Date(1_700_000_000_000),
      State: 'COMPLETED',
    }));
  }

  #page(member: string, count: number, { NextToken }: Input, item: (n: number) => object): object {
    const from = Number(NextToken ?? 0);
    const to = Math.min(count, from + PAGE_SIZE);
    const items = Array.from({ length: Math.max(0, to - from) }, (_, i) => item(from + i));
    return { [member]: items, ...(to < count && { NextToken: String(to) }) };
  }
}

function workspaceOf(n: number) {
  return {
    WorkspaceId: workspaceID(n),
    DirectoryId: 'd-9a67b1c4e2',
    UserName: `user${n}`,
    IpAddress: '10.0.0.1',
    State: 'AVAILABLE',
    BundleId: 'wsb-8vbljg4r6',
    ComputerName: `WSAMZN-${n}`,
  };
}

/** Returns a client that responds immediately, and throttles calls. Defaults to AWS's documented limit. */
export function syntheticClient(
  pages: Pick<SyntheticPages, 'answer'>,
  clock: Clock,
  limit = DOCUMENTED_LIMIT,
): WorkSpacesClient {
  const limiter = new SimulatedRateLimiter(limit, clock);
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: Input }) => {
    if (!limiter.take()) {
      throw Object.assign(new Error('Rate exceeded'), {
        name: 'ThrottlingException',
        $metadata: { httpStatusCode: 400 },
      });
    }
    const answer = pages.answer(command.constructor.name.replace(/Command$/, ''), command.input);
    return { ...answer, $metadata: { requestId: 'bench' } };
  };
  return { send } as unknown as WorkSpacesClient;
}
