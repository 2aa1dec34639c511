import process from 'node:process';
import { guardedPlan, policy } from '../builders.ts';
import { applicationIDs, BenchFleet, shapeOf } from './pass.ts';
import { applicationID, type SyntheticPages } from './syntheticAws.ts';

/** What it takes to plan over a fleet that was read, beside parsing the answers that it was read from. */
export interface PlanningCost {
  readonly workspaces: number;
  readonly perWorkspace: number;
  /** JSON.parse of every page, in milliseconds. */
  readonly parsing: number;
  /** The plan of one policy with its holds, in milliseconds. */
  readonly planning: number;
  readonly ratio: number;
  /** The most memory that the process had, in MB, from the first page to the plan. */
  readonly peakMemory: number;
}

/** A policy that denies one application and is about all: the usual kind. */
const denying = policy('p', { interval: '24h', applications: { denied: [{ id: applicationID(0) }] } });
/** One that has a say in every association, and allows all applications but one. */
const allowing = policy('p', {
  interval: '24h',
  applications: {
    allowed: applicationIDs(shapeOf(25))
      .slice(1)
      .map((id) => ({ id })),
    unlisted: 'Disassociate',
  },
});

/** Reads a fleet and plans over it, for a policy about one application or about all. */
export async function measurePlanning(
  workspaces: number,
  perWorkspace: number,
  about: 'OneApplication' | 'AllApplications',
): Promise<PlanningCost> {
  const one = about === 'OneApplication' ? denying : allowing;
  const fleet = new BenchFleet(shapeOf(workspaces, perWorkspace));
  const { snapshot } = await fleet.pass([one]);
  const planning = bestOf(3, () => guardedPlan(one, [one], snapshot, fleet.clock.now()).findings.length);
  const peakMemory = Math.round(process.resourceUsage().maxRSS / 1024);
  const texts = textsOf(fleet.pages, workspaces, perWorkspace, about);
  const parsing = bestOf(3, () => texts.reduce((count, text) => count + Object.keys(JSON.parse(text)).length, 0));
  return { workspaces, perWorkspace, parsing, planning, ratio: planning / parsing, peakMemory };
}

/** The answers of a pass as they come over the wire. */
function textsOf(pages: SyntheticPages, workspaces: number, perWorkspace: number, about: string): string[] {
  const ids = applicationIDs(shapeOf(workspaces, perWorkspace)).slice(0, about === 'OneApplication' ? 1 : undefined);
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

/** The shortest of some runs, in milliseconds: what the machine does besides only ever adds. */
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
