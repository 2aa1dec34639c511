import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fixedClock } from '../../../clock.ts';
import { Inventory } from '../../../inventory/inventory.ts';
import { InventoryFileFleet } from '../../../inventory/inventoryFileFleet.ts';
import { compileGlob, matchesGlob } from '../../../policy/glob.ts';
import type { Preview } from '../../../preview.ts';
import { complete } from '../../../slices.ts';
import type { Assessment } from '../../../status/assessment.ts';
import { planOf } from '../../../status/status.ts';
import { TextFileError } from '../../../textFile.ts';
import { CliError } from '../../exit.ts';
import { readInventoryFile } from '../inventory/read.ts';
import { readSources } from '../manifests.ts';
import { OfflinePlanner, type PolicyPreview } from '../plan/offlinePlanner.ts';
import { resourcesForPlan } from '../plan/planInputs.ts';
import { type Expectation, type PolicyTest, parseTest } from './document.ts';

/** Result of one expectation. */
export interface TestResult {
  readonly file: string;
  /** Name of the test. */
  readonly test: string;
  /** Human-readable description of the expectation. */
  readonly name: string;
  /** Actual result. Undefined if it is the expected result. */
  readonly failure?: string | undefined;
}

/** Runs the tests of a file. For an invalid file, returns one failed result. */
export async function runTestFile(file: string): Promise<TestResult[]> {
  try {
    const test = await readTest(file);
    const previews = await previewsOf(test, dirname(file));
    const name = test.name ?? basename(dirname(file));
    return test.expect.flatMap((expectation) =>
      check(expectation, previews).map((result) => ({ file, test: name, ...result })),
    );
  } catch (error) {
    if (error instanceof CliError || error instanceof TextFileError) {
      return [{ file, test: file, name: 'the test runs', failure: error.message }];
    }
    throw error;
  }
}

async function readTest(file: string): Promise<PolicyTest> {
  const { resources, broken } = await readSources([file], false);
  const [problem] = broken;
  const [resource] = resources;
  if (problem !== undefined || resource === undefined) {
    const position = problem === undefined ? '' : `:${problem.position.line}:${problem.position.column}`;
    throw new CliError(`${file}${position}: ${problem?.message ?? 'the file is empty'}`);
  }
  const test = parseTest(resource.value);
  if ('field' in test) {
    const { line, column } = resource.positionOf(test.field);
    throw new CliError(`${file}:${line}:${column}: ${test.field === '' ? '' : `${test.field}: `}${test.message}`);
  }
  return test;
}

async function previewsOf({ policies, inventory, at }: PolicyTest, folder: string): Promise<PolicyPreview[]> {
  const file = await readInventoryFile(join(folder, inventory));
  const clock = fixedClock(new Date(at ?? file.metadata.takenAt ?? '2026-01-01T00:00:00Z'));
  const fleet = new Inventory(new InventoryFileFleet(file), clock);
  const resources = resourcesForPlan(
    await readSources(
      policies.map((path) => join(folder, path)),
      true,
    ),
    policies,
  );
  const planner = new OfflinePlanner({ ...resources, clock, inventoryOf: async () => fleet });
  return planner.preview(() => true);
}

function check(expectation: Expectation, previews: readonly PolicyPreview[]): Pick<TestResult, 'name' | 'failure'>[] {
  const { policy: name, workspaces = [], application = '', plan } = expectation;
  const found = previews.filter(({ policy }) => policy.key === name || policy.name === name);
  const [preview] = found;
  if (preview === undefined || found.length > 1) {
    const known = previews.map(({ policy }) => policy.key).join(', ');
    const failure =
      preview === undefined
        ? `policy not found; known policies: ${known}`
        : 'several policies have this name; use namespace/name';
    return [{ name, failure }];
  }
  const { policy, result } = preview;
  if (!('plan' in result)) {
    return [{ name: policy.key, failure: `${result.reason}: ${result.message}` }];
  }
  if (plan !== undefined) {
    return [{ name: `${policy.key}: plan ${describe(plan)}`, failure: planFailure(plan, policy, result) }];
  }
  return workspaces.map((workspaceID) => {
    const { verdict, action, holdReason } = expectation;
    const expected = definedOf({ verdict, action, holdReason });
    const actual = actualFor(assessmentOf(result, workspaceID, application));
    const isDifferent = Object.keys(expected).some((key) => expected[key] !== actual[key]);
    const because = actual.because === undefined ? '' : ` (${actual.because})`;
    return {
      name: `${policy.key}: ${application} on ${workspaceID}: ${describe(expected)}`,
      failure: isDifferent ? `actual: ${describe(pick(actual, Object.keys(expected)))}${because}` : undefined,
    };
  });
}

function planFailure(
  expected: NonNullable<Expectation['plan']>,
  policy: PolicyPreview['policy'],
  { plan, approval }: Preview,
) {
  const { disassociate, associate, deploy, held } = complete(planOf(plan, policy, approval));
  const actual = pick({ selected: plan.selected.length, disassociate, associate, deploy, held }, Object.keys(expected));
  return isDeepStrictEqual(actual, { ...expected }) ? undefined : `actual: ${describe(actual)}`;
}

function assessmentOf({ assessments }: Preview, workspaceID: string, application: string): Assessment | undefined {
  return assessments.find(
    ({ finding }) =>
      finding.workspace.workspaceID === workspaceID &&
      (finding.application.applicationID === application ||
        matchesGlob(compileGlob(application), finding.application.name ?? '')),
  );
}

function actualFor(assessment: Assessment | undefined): Readonly<Record<string, string | undefined>> {
  return {
    verdict: assessment?.finding.verdict ?? 'None',
    action: assessment?.action ?? 'None',
    holdReason: assessment?.held?.reason ?? 'None',
    because: assessment?.message,
  };
}

function definedOf(record: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function pick<T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T | undefined> {
  return Object.fromEntries(keys.map((key) => [key, record[key]]));
}

function describe(record: object): string {
  return Object.entries(record)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}
