import process from 'node:process';
import { guardedPlan, policy } from '../builders.ts';
import { applicationIDs, BenchFleet, shapeOf } from './pass.ts';
import { applicationID, type SyntheticPages } from './syntheticAws.ts';

/** Cost of planning over a cached fleet, compared with the cost of parsing its pages. */
export interface PlanningCost {
  readonly workspaces: number;
  readonly perWorkspace: number;
  /** Time of JSON.parse for every page (ms). */
  readonly parsing: number;
  /** Time of planning one policy, including its holds (ms). */
  readonly planning: number;
  readonly ratio: number;
  /** Maximum memory of the process from the first page to the plan, in MB. */
  readonly peakMemory: number;
}

/** Policy that denies one application on all WorkSpaces, the usual kind. */
const denying = policy('p', { interval: '24h', applications: { denied: [{ id: applicationID(0) }] } });
/** Policy that evaluates every association, and allows all applications except one. */
const allowing = policy('p', {
  interval: '24h',
  applications: {
    allowed: applicationIDs(shapeOf(25))
      .slice(1)
      .map((id) => ({ id })),
    unlisted: 'Disassociate',
  },
});

/** Reads a fleet and plans over it, for a policy that evaluates one application or all of them. */
export async function measurePlanning(
  workspaces: number,
  perWorkspace: number,
  selection: 'OneApplication' | 'AllApplications',
): Promise<PlanningCost> {
  const one = selection === 'OneApplication' ? denying : allowing;
  const fleet = new BenchFleet(shapeOf(workspaces, perWorkspace));
  const { snapshot } = await fleet.pass([one]);
  const planning = bestOf(3, () => guardedPlan(one, [one], snapshot, fleet.clock.now()).findings.length);
  const peakMemory = Math.round(process.resourceUsage().maxRSS / 1024);
  const texts = textsOf(fleet.pages, workspaces, perWorkspace, selection);
  const parsing = bestOf(3, () => texts.reduce((count, text) => count + Object.keys(JSON.parse(text)).length, 0));
  return { workspaces, perWorkspace, parsing, planning, ratio: planning / parsing, peakMemory };
}

/** Returns the responses of a pass, as sent over the wire. */
function textsOf(pages: SyntheticPages, workspaces: number, perWorkspace: number, selection: string): string[] {
  const ids = applicationIDs(shapeOf(workspaces, perWorkspace)).slice(
    0,
    selection === 'OneApplication' ? 1 : undefined,
  );
  const queries = [
    ['DescribeWorkspaces', {}] as const,
    ...ids.map((ApplicationId) => ['DescribeApplicationAssociations', { ApplicationId }] as const),
  ];
  return queries.flatMap(([operation, input]) => {
    const texts: string[] = [];
    let token: string | undefined;
    do {
      const answer = pages.answer(operation, { ...input, NextToken: token }) as { NextToken?: string };
      texts.push(JSON.stringify(answer));
      token = answer.NextToken;
    } while (token !== undefined);
    return texts;
  });
}

/** Returns the shortest of several runs (ms), because other processes can only lengthen a run. */
function bestOf(runs: number, work: () => number): number {
  const times = Array.from({ length: runs }, () => {
    const startedAt = performance.now();
    if (work() < 0) {
      throw new Error('unreachable, but for the optimizer');
    }
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}
