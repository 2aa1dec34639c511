import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { type LintProblem, lint } from '../../src/cli/actions/lint/check.ts';
import { resourcesIn } from '../../src/cli/actions/manifests.ts';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { ApiError } from '../../src/kube/apiError.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { FLEETS, POLICIES, PROVIDERS } from '../../src/kube/resources.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { type Kind, schemaOf, withoutDefaultedNulls } from '../../src/policy/schema.ts';
import { association, guardedPlan, OFFICE, snapshot, VISIO, workspace, ws } from '../builders.ts';
import { KubectlError, kubectl } from '../environment/kubectl.ts';
import { fuzzRuns } from '../fuzzRuns.ts';
import { edgeManifests, type Manifest, manifestsOf } from '../policy/hostile/manifests.ts';
import { invalidMetadata, validMetadata } from '../policy/metadataCases.ts';

/** Fields that only lint can check, because the API server can't. The operator would reject them. */
const CHECKED_BY_LINT_ONLY =
  /^spec\.(rollout\.maintenanceWindows\[\d+\]\.(cron|timeZone)|exceptions\[\d+\]\.expiresAt)$/;

const FLEET = snapshot([workspace(ws(1)), workspace(ws(2))], [association(ws(1), VISIO), association(ws(2), OFFICE)]);

const config = new KubeConfig();
config.loadFromString(inject('kubeconfig'));
const client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });

/**
 * Whether a field is null and has no default. The API server treats it as absent, but lint reports it, because it may be a mistake that
 * extends what a policy or a fleet allows.
 */
function isEmptyWithoutDefault(manifest: Manifest, field: string): boolean {
  const steps = [...field.matchAll(/[^.[\]]+/g)].map(([step]) => step);
  const schema = steps.reduce<SchemaNode>(
    (node, step) => node.properties?.[step] ?? node.items ?? node.additionalProperties ?? {},
    schemaOf(manifest.kind as Kind) as SchemaNode,
  );
  return schema.default === undefined && steps.reduce<unknown>((value, step) => Object(value)[step], manifest) === null;
}

const RESOURCES: Readonly<Record<Kind, Resource>> = {
  WorkspaceApplicationPolicy: POLICIES,
  WorkspaceFleet: FLEETS,
  NotificationProvider: PROVIDERS,
};

interface SchemaNode {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode;
}

/** Returns the API server's error for a manifest. Undefined if the API server accepts it. */
async function rejectionOf(manifest: Manifest, namespace: string): Promise<string | undefined> {
  const resource = RESOURCES[manifest.kind];
  try {
    await client.request({
      verb: 'create',
      resource,
      ...(resource.namespaced && { namespace }),
      query: { dryRun: 'All', fieldValidation: 'Strict' },
      body: manifest,
    });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && (error.code === 400 || error.code === 422)) {
      return error.message;
    }
    throw error;
  }
}

function lintProblems(text: string): readonly LintProblem[] {
  return lint(resourcesIn('a.yaml', text)).problems;
}

/** Compares lint with the API server for a manifest, and plans it if both accept it. */
async function check(
  manifest: Manifest,
  namespace = 'default',
): Promise<{ readonly isAccepted: boolean; readonly differences: unknown[] }> {
  const problems = lintProblems(JSON.stringify(manifest));
  const rejection = await rejectionOf(manifest, namespace);
  if (rejection !== undefined) {
    return { isAccepted: false, differences: problems.length > 0 ? [] : [rejection] };
  }
  if (problems.length === 0 && manifest.kind === 'WorkspaceApplicationPolicy') {
    const policy = parsePolicy(withoutDefaultedNulls('WorkspaceApplicationPolicy', manifest));
    guardedPlan(policy, [policy], FLEET, new Date('2026-11-02T12:00:00Z'));
  }
  const isExplained = (field: string) => CHECKED_BY_LINT_ONLY.test(field) || isEmptyWithoutDefault(manifest, field);
  return { isAccepted: true, differences: problems.filter(({ field }) => !isExplained(field)) };
}

test.each<Kind>(['WorkspaceApplicationPolicy', 'WorkspaceFleet', 'NotificationProvider'])(
  'lint and the API server agree on generated manifests of the kind %s',
  async (kind) => {
    let accepted = 0;
    const agreeing = fc.asyncProperty(manifestsOf(kind), async (manifest) => {
      const { isAccepted, differences } = await check(manifest);
      accepted += Number(isAccepted);
      expect(differences).toEqual([]);
    });
    await fc.assert(agreeing, fuzzRuns(300));
    // Otherwise, the property would only test rejections.
    expect(accepted).toBeGreaterThan(40);
  },
);

test('lint and the API server agree on manifests that only look valid', async () => {
  const differences = [];
  for (const manifest of edgeManifests) {
    for (const difference of (await check(manifest)).differences) {
      differences.push([JSON.stringify(manifest.spec), difference]);
    }
  }
  expect(differences).toEqual([]);
});

test('lint and the API server agree on metadata', async () => {
  const accepted: string[] = [];
  const differences: unknown[] = [];
  for (const [description, metadata] of [...validMetadata, ...invalidMetadata]) {
    const manifest = {
      apiVersion: 'wsap.dev/v1alpha1',
      kind: 'WorkspaceApplicationPolicy',
      metadata: { name: 'a', ...(metadata as object) },
      spec: { workspaceSelector: { all: true }, applications: { denied: [{ name: 'Visio' }] } },
    } as Manifest;
    const { namespace } = manifest.metadata as { namespace?: string };
    // The API server reports a missing namespace before it checks the name of the namespace.
    const result = await check(manifest, namespace ?? 'default').catch((error: Error) => ({
      isAccepted: error.message.includes(`namespaces "${'x'.repeat(63)}" not found`),
      differences: error.message.includes('not found') ? [] : [error.message],
    }));
    accepted.push(...(result.isAccepted ? [description] : []));
    differences.push(...result.differences.map((difference) => [description, difference]));
  }
  expect(differences).toEqual([]);
  expect(accepted).toEqual(validMetadata.map(([description]) => description));
});

/** Scalars that YAML versions interpret differently. */
const SCALARS = [
  ...[
    'yes',
    'no',
    'Yes',
    'NO',
    'on',
    'Off',
    'y',
    'n',
    'true',
    'True',
    'TRUE',
    'tRUE',
    '"yes"',
    '!!str yes',
    '!!bool yes',
    '~',
    'null',
    'Null',
    '',
  ],
  ...[
    '1',
    '017',
    '0o17',
    '0x1F',
    '0b11',
    '1_000',
    '1:30',
    '+5',
    '1.0',
    '1e3',
    '1.5',
    '.5',
    '5.',
    '.inf',
    '.NaN',
    '-0',
    '09',
    '123456789012',
  ],
  ...[
    '2027-03-31',
    '2027-03-31T00:00:00Z',
    '2027-03-31 00:00:00 +1',
    '1:30:00',
    '=',
    '<<',
    '!!binary YQ==',
    '!x yes',
    '1d',
    '--',
    '- ',
  ],
];
/** Fields to put a scalar into, one for each type: boolean, number, string, and time. */
const FIELDS_WITH_SCALAR: readonly ((scalar: string) => string)[] = [
  (scalar) => `suspend: ${scalar}`,
  (scalar) => `priority: ${scalar}`,
  (scalar) => `safeguards: {maxAffectedWorkspaces: ${scalar}}`,
  (scalar) => `workspaceSelector: {tags: {matchTags: {Team: ${scalar}}}}`,
  (scalar) => `workspaceSelector: {tags: {matchTags: {${scalar}: x}}}`,
  (scalar) => `exceptions: [{workspaceIDs: [ws-000000001], application: {name: x}, reason: x, expiresAt: ${scalar}}]`,
];

test('lint reads YAML as kubectl and the API server do', async () => {
  const files = SCALARS.flatMap((scalar) =>
    FIELDS_WITH_SCALAR.map((place, index) => {
      const text = place(scalar);
      const selector = text.startsWith('workspaceSelector') ? '' : '  workspaceSelector: {all: true}\n';
      const head = `apiVersion: wsap.dev/v1alpha1\nkind: WorkspaceApplicationPolicy\nmetadata: {name: fuzzed, namespace: default}\n`;
      return {
        name: `${index} ${text}`,
        text: `${head}spec:\n${selector}  applications: {denied: [{name: Visio}]}\n  ${text}\n`,
      };
    }),
  );
  const folder = await mkdtemp(join(tmpdir(), 'wsap-yaml-'));
  try {
    await Promise.all(files.map(({ text }, n) => writeFile(join(folder, `${n}.yaml`), text)));
    const access = { kubectlPath: inject('kubectl'), kubeconfigPath: inject('kubeconfigPath') };
    const args = ['create', '--dry-run=server', '--validate=strict', '-f', folder];
    const stderr = await kubectl(access, args).then(
      () => '',
      (error: unknown) => (error instanceof KubectlError ? error.stderr : Promise.reject(error)),
    );
    const refused = new Set([...stderr.matchAll(/(\d+)\.yaml"?:/g)].map(([, n]) => Number(n)));
    const differ = files.flatMap(({ name, text }, n) => {
      const problems = lintProblems(text);
      // The last three fields have no default.
      const isEmptyValue = problems.length > 0 && /^[345] .*: (~|null|Null|)[}\]]*$/.test(name);
      return problems.length > 0 === refused.has(n) || isEmptyValue
        ? []
        : [`${name}: ${refused.has(n) ? 'refused by the API server alone' : problems[0]?.message}`];
    });
    expect(differ).toEqual([]);
    expect(refused.size).toBeGreaterThan(50);
  } finally {
    await rm(folder, { recursive: true });
  }
});
