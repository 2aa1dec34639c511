import type { AwsFleet } from '../../../aws/createAwsFleet.ts';
import { FleetError } from '../../../fleet/errors.ts';
import type { Association } from '../../../fleet/model.ts';
import { callsMade } from '../../commands/awsFlags.ts';
import { type CheckResult, check, skipped } from './check.ts';

/** So many applications are tried to find one that is in use, and so many WorkSpaces to see whether both directions agree. */
const TRIED = 5;

/** Tries each read that the operator needs, once, and changes nothing. */
export async function checkAws(fleet: AwsFleet): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  let applicationIDs: string[] = [];
  let found: readonly Association[] = [];
  results.push(
    await check('aws DescribeApplications', async () => {
      applicationIDs = (await fleet.describeApplications({})).map(({ applicationID }) => applicationID);
      return `${applicationIDs.length} applications`;
    }),
    await check('aws DescribeApplicationAssociations', async () => {
      for (const applicationID of applicationIDs.slice(0, TRIED)) {
        found = await fleet.describeApplicationAssociations(applicationID);
        if (found.length > 0) {
          return `${applicationID} is on ${found.length} WorkSpaces`;
        }
      }
      return applicationIDs.length === 0
        ? { result: 'warn', message: 'there is no application to ask about' }
        : 'none of the first applications is on a WorkSpace';
    }),
  );
  const ids = [...new Set(found.map(({ workspaceID }) => workspaceID))].slice(0, TRIED);
  const [id] = ids;
  results.push(
    await check('aws DescribeWorkspaces', async () => {
      const workspaces = await fleet.describeWorkspaces(id === undefined ? { all: true } : { workspaceIDs: ids });
      return `${workspaces.length} WorkSpaces`;
    }),
  );
  const single: [string, (workspaceID: string) => Promise<unknown>][] = [
    ['DescribeWorkspaceAssociations', (one) => fleet.describeWorkspaceAssociations(one)],
    ['DescribeTags', (one) => fleet.describeTags(one)],
    ['DescribeWorkspacesConnectionStatus', (one) => fleet.describeWorkspacesConnectionStatus([one])],
  ];
  for (const [operation, read] of single) {
    const name = `aws ${operation}`;
    results.push(
      id === undefined
        ? skipped(name, 'no WorkSpace with an application was found to ask about')
        : await check(name, () => read(id).then(() => 'allowed')),
    );
  }
  results.push(await check('aws tag:GetResources', () => tagsOf(fleet)));
  results.push(
    ids.length === 0
      ? skipped('aws both directions agree', 'nothing to compare')
      : await check('aws both directions agree', () => compare(fleet, ids, found)),
  );
  const throttled = fleet.calls().filter(({ result }) => result === 'Throttled');
  const calls = callsMade(fleet);
  results.push({
    name: 'aws rate',
    result: throttled.length > 0 ? 'warn' : 'ok',
    message:
      throttled.length > 0
        ? `AWS throttled ${throttled.reduce((sum, { count }) => sum + count, 0)} of ${calls} calls: others use up the account's rate`
        : `none of ${calls} calls was throttled`,
  });
  return results;
}

async function tagsOf(fleet: AwsFleet) {
  try {
    return `${(await fleet.getResources()).size} WorkSpaces have tags`;
  } catch (error) {
    if (error instanceof FleetError) {
      return {
        result: 'warn' as const,
        message: `tags are read one by one, which takes a call for each WorkSpace: ${error.message}`,
      };
    }
    throw error;
  }
}

/** AWS doesn't promise that an association looks the same from its application and from its WorkSpace. */
async function compare(fleet: AwsFleet, ids: readonly string[], found: readonly Association[]) {
  const states = new Set(found.map(({ state = 'none' }) => state));
  const differing: string[] = [];
  for (const workspaceID of ids) {
    const own = await fleet.describeWorkspaceAssociations(workspaceID);
    for (const association of found.filter((one) => one.workspaceID === workspaceID)) {
      const other = own.find(({ applicationID }) => applicationID === association.applicationID);
      if (other?.state !== association.state) {
        differing.push(
          `${workspaceID} ${association.applicationID}: ${association.state ?? 'none'} and ${other?.state ?? 'missing'}`,
        );
      }
    }
  }
  const seen = `states seen: ${[...states].sort().join(', ')}`;
  return differing.length === 0
    ? `on ${ids.length} WorkSpaces; ${seen}`
    : {
        result: 'warn' as const,
        message: `they differ, which may be a change under way: ${differing.join('; ')}; ${seen}`,
      };
}
