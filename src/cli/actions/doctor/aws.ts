import type { AwsFleet } from '../../../aws/createAwsFleet.ts';
import { FleetError } from '../../../fleet/errors.ts';
import type { Association } from '../../../fleet/model.ts';
import { countCalls } from '../connectToAws.ts';
import { checkBundles } from './bundles.ts';
import { catalogOf } from './catalog.ts';
import { type CheckResult, check, skipped } from './check.ts';

/** Maximum number of applications that are read to find one in use, and of WorkSpaces whose associations are compared. */
const SAMPLE_SIZE = 5;

/** Source: docs/reference/aws-behavior.md. */
const CHANGES =
  'not checked, because AWS has no dry run; the AWS managed policy AmazonWorkSpacesAdmin contains none of the application actions, so attach the policy that wsap iam prints';

/** Makes each read call that the operator needs. Makes no changes. */
export async function checkAws(fleet: AwsFleet): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  let applicationIDs: string[] = [];
  let bundleIDs: string[] = [];
  let found: readonly Association[] = [];
  results.push(
    await check('aws DescribeApplications', async () => {
      const applications = await fleet.describeApplications({});
      applicationIDs = applications.map(({ applicationID }) => applicationID);
      return catalogOf(applications);
    }),
    await check('aws DescribeApplicationAssociations', async () => {
      for (const applicationID of applicationIDs.slice(0, SAMPLE_SIZE)) {
        found = [...(await fleet.describeApplicationAssociations(applicationID))];
        if (found.length > 0) {
          return `${found.length} WorkSpaces have ${applicationID}`;
        }
      }
      return applicationIDs.length === 0
        ? { result: 'warn', message: 'no applications found to read' }
        : `none of the first ${SAMPLE_SIZE} applications is on a WorkSpace`;
    }),
  );
  const ids = [...new Set(found.map(({ workspaceID }) => workspaceID))].slice(0, SAMPLE_SIZE);
  const [id] = ids;
  results.push(
    await check('aws DescribeWorkspaces', async () => {
      const workspaces = await fleet.describeWorkspaces(id === undefined ? { all: true } : { workspaceIDs: ids });
      bundleIDs = [...new Set(workspaces.flatMap(({ bundleID }) => bundleID ?? []))].sort();
      return `${workspaces.length} WorkSpaces`;
    }),
  );
  const single: [string, (workspaceID: string) => Promise<unknown>][] = [
    ['DescribeWorkspaceAssociations', (workspaceID) => fleet.describeWorkspaceAssociations(workspaceID)],
    ['DescribeTags', (workspaceID) => fleet.describeTags(workspaceID)],
    ['DescribeWorkspacesConnectionStatus', (workspaceID) => fleet.describeWorkspacesConnectionStatus([workspaceID])],
  ];
  for (const [operation, read] of single) {
    const name = `aws ${operation}`;
    results.push(
      id === undefined
        ? skipped(name, 'no WorkSpace with an application found')
        : await check(name, () => read(id).then(() => 'allowed')),
    );
  }
  results.push(await check('aws tag:GetResources', () => tagsOf(fleet)));
  results.push(...(await checkBundles(fleet.bundlesWith('inventory'), bundleIDs.slice(0, SAMPLE_SIZE))));
  results.push(
    ids.length === 0
      ? skipped('aws consistency', 'no associations to compare')
      : await check('aws consistency', () => compare(fleet, ids, found)),
  );
  const throttled = fleet.calls().filter(({ result }) => result === 'Throttled');
  const calls = countCalls(fleet);
  results.push({
    name: 'aws rate',
    result: throttled.length > 0 ? 'warn' : 'ok',
    message:
      throttled.length > 0
        ? `AWS throttled ${throttled.reduce((sum, { count }) => sum + count, 0)} of ${calls} calls; other clients use the rate limit of the account`
        : `AWS throttled none of ${calls} calls`,
  });
  results.push({ name: 'aws changes', result: 'info', message: CHANGES });
  return results;
}

async function tagsOf(fleet: AwsFleet) {
  try {
    return `${(await fleet.getResources()).size} WorkSpaces have tags`;
  } catch (error) {
    if (error instanceof FleetError) {
      return {
        result: 'warn' as const,
        message: `the operator reads tags with one call for each WorkSpace; to read them in bulk, allow tag:GetResources: ${error.message}`,
      };
    }
    throw error;
  }
}

/** Compares the associations of applications with those of WorkSpaces. AWS does not document that they agree. */
async function compare(fleet: AwsFleet, ids: readonly string[], found: readonly Association[]) {
  const states = new Set(found.map(({ state = 'none' }) => state));
  const differing: string[] = [];
  for (const workspaceID of ids) {
    const own = await fleet.describeWorkspaceAssociations(workspaceID);
    for (const association of found.filter((association) => association.workspaceID === workspaceID)) {
      const other = own.find(({ applicationID }) => applicationID === association.applicationID);
      if (other?.state !== association.state) {
        differing.push(
          `${workspaceID} ${association.applicationID}: ${association.state ?? 'none'} by application, ${other?.state ?? 'missing'} by WorkSpace`,
        );
      }
    }
  }
  const summary = `states: ${[...states].sort().join(', ')}`;
  return differing.length === 0
    ? `associations of ${ids.length} WorkSpaces agree; ${summary}`
    : {
        result: 'warn' as const,
        message: `associations differ, possibly because of a change in progress: ${differing.join('; ')}; ${summary}`,
      };
}
