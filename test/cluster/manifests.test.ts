import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { parse } from 'yaml';
import { KubectlError, kubectl } from '../environment/kubectl.ts';
import { ClusterHarness, fleetOf } from './clusterHarness.ts';
import { badManifests, goodManifests } from './manifests/corpus.ts';

const CRD = join(import.meta.dirname, '../../crds/workspaceapplicationpolicies.yaml');

const run = (args: readonly string[], input?: string) =>
  kubectl({ kubectlPath: inject('kubectl'), kubeconfigPath: inject('kubeconfigPath') }, args, input);

describe('manifests', () => {
  let rejections: ReadonlyMap<string, string>;
  const responseTo = (name: string) => rejections.get(name) ?? 'accepted';

  beforeAll(async () => {
    rejections = await dryRun([...goodManifests, ...badManifests].map(({ resource }) => resource));
  });

  test.each(goodManifests)('the API server accepts $name', ({ resource }) => {
    expect(responseTo(resource.metadata.name)).toBe('accepted');
  });

  test.each(badManifests)('the API server rejects, naming the field and the valid values, $name', (manifest) => {
    const response = responseTo(manifest.resource.metadata.name);
    expect(response).toContain(manifest.apiServer);
    expect([`${manifest.field}: `, `"${manifest.field}"`].filter((mention) => response.includes(mention))).not.toEqual(
      [],
    );
  });
});

test('a running operator is not affected by rejected manifests', async () => {
  await using harness = await ClusterHarness.start(fleetOf(3, 3));
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: badManifests.map(({ resource }) => inNamespace(resource, harness.namespace)),
  };
  await expect(run(['create', '-f', '-'], JSON.stringify(list))).rejects.toThrow(KubectlError);
  await harness.apply('no-visio');
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  expect(harness.changes()).toHaveLength(2);
  expect(await harness.kubectl('get', 'wsap', '-o', 'name')).toBe('workspaceapplicationpolicy.wsap.dev/no-visio\n');
});

function inNamespace<R extends { metadata: object }>(resource: R, namespace: string): R {
  return { ...resource, metadata: { ...resource.metadata, namespace } };
}

/**
 * Applies resources as a dry run with one kubectl process. Returns the error for each rejected resource, by its name.
 */
async function dryRun(resources: readonly { metadata: { name: string } }[]): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'wsap-manifests-'));
  try {
    for (const resource of resources) {
      await writeFile(join(folder, `${resource.metadata.name}.json`), JSON.stringify(resource), { flag: 'wx' });
    }
    const stderr = await run(['apply', '--dry-run=server', '-f', folder]).then(
      () => '',
      (error: unknown) => (error instanceof KubectlError ? error.stderr : Promise.reject(error)),
    );
    return new Map(
      stderr
        .split('\n')
        .filter((line) => /^error/i.test(line))
        .map(rejection),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

function rejection(line: string): [name: string, message: string] {
  const [, name, message] = /^Error from server \(\w+\): .*\/([^/"]+)\.json": (.*)$/.exec(line) ?? [];
  if (name === undefined || message === undefined) {
    throw new Error(`kubectl reported an unexpected error: ${line}`);
  }
  return [name, message];
}

describe('CRD', () => {
  test.each(['client', 'server'])('the CRD applies %s-side without a warning', async (side) => {
    const args = ['apply', `--server-side=${side === 'server'}`, '--dry-run=server', '--warnings-as-errors', '-f', CRD];
    expect(await run(args)).toContain(
      'customresourcedefinition.apiextensions.k8s.io/workspaceapplicationpolicies.wsap.dev',
    );
  });

  test('kubectl explain describes each field of the selector', async () => {
    const { spec } = parse(await readFile(CRD, 'utf8'));
    const { workspaceSelector } = spec.versions[0].schema.openAPIV3Schema.properties.spec.properties;
    const fields: [string, { description: string }][] = Object.entries(workspaceSelector.properties);
    // The API server publishes the schema shortly after it serves the resource.
    const explanation = await vi.waitFor(() => run(['explain', 'wsap.spec.workspaceSelector']), { timeout: 120_000 });
    const explained = explanation.replaceAll(/\s+/g, ' ');

    expect(explained).toContain(`DESCRIPTION: ${workspaceSelector.description}`);
    for (const [name, { description }] of fields) {
      expect(explained).toMatch(new RegExp(` ${name} <[^>]+> `));
      expect(explained).toContain(` ${description}`);
    }
  });
});

describe('policies in the cluster', () => {
  const namespace = `manifests-${randomUUID().slice(0, 8)}`;
  const policy = {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceApplicationPolicy',
    metadata: { name: 'no-visio', namespace },
    spec: {
      workspaceSelector: { workspaceIDs: ['ws-manifests'] },
      applications: { denied: [{ name: 'Microsoft Visio*' }] },
    },
  };
  const status = {
    observedGeneration: 1,
    lastSyncTime: new Date().toISOString(),
    compliance: { selected: 812, compliant: 803, drifted: 9, inProgress: 0, held: 4, failed: 0 },
    conditions: [
      condition('Ready', 'True', '803 of 812 WorkSpaces comply'),
      condition('Compliant', 'False', 'the same, for machines'),
    ],
  };
  let created: { spec: object; status: object };

  beforeAll(async () => {
    await run(['create', 'namespace', namespace]);
    created = JSON.parse(await run(['create', '-f', '-', '-o', 'json'], JSON.stringify(policy)));
    const patch = JSON.stringify({ status });
    await run(['patch', 'wsap', 'no-visio', '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
  });

  test('a new policy is not observed, so that kstatus does not report it as Current', () => {
    expect(created.status).toEqual({ observedGeneration: -1 });
  });

  test('a new policy gets the safe defaults', () => {
    expect(created.spec).toEqual({
      workspaceSelector: policy.spec.workspaceSelector,
      applications: { ...policy.spec.applications, unlisted: 'Keep' },
      enforcement: 'Audit',
      suspend: false,
      priority: 0,
      interval: '10m',
      rollout: {
        deploy: 'Automatic',
        replacements: 'Together',
        userSessions: 'Wait',
        disconnectedFor: '1h',
        maxFailures: '10%',
      },
      retry: { limit: 2, backoff: { duration: '30s', factor: 2, maxDuration: '30m' } },
      safeguards: { maxAffectedWorkspaces: '20%', allowUninstallOnly: false, unmanagedPendingChanges: 'Hold' },
    });
  });

  test('kubectl get shows a policy in one line', async () => {
    const [header = '', row = ''] = (await run(['get', 'wsap', '-n', namespace])).split('\n');
    expect(cells(header)).toEqual([
      ...['NAME', 'ENFORCEMENT', 'SUSPENDED', 'READY', 'COMPLIANT', 'WORKSPACES', 'DRIFTED', 'HELD', 'AGE'],
    ]);
    expect(cells(row)).toEqual([
      ...['no-visio', 'Audit', 'false', 'True', 'False', '812', '9', '4', expect.stringMatching(/^\d+s$/)],
    ]);
  });

  test('kubectl get -o wide adds the fleet, the last sync, and the message', async () => {
    const [header = '', row = ''] = (await run(['get', 'wsap', '-n', namespace, '-o', 'wide'])).split('\n');
    expect(cells(header).slice(-4)).toEqual(['AGE', 'FLEET', 'LAST SYNC', 'MESSAGE']);
    expect(cells(row).slice(-2)).toEqual([expect.stringMatching(/^\d+s$/), '803 of 812 WorkSpaces comply']);
  });

  test.each([
    ['spec.suspend=false', true],
    ['spec.suspend=true', false],
    ['spec.enforcement=Audit', true],
    ['spec.enforcement=Enforce', false],
    ['spec.fleetRef.name=', true],
    ['spec.fleetRef.name=emea', false],
  ])('the field selector %s selects the policy: %s', async (selector, isSelected) => {
    const found = await run(['get', 'wsap', '-n', namespace, '--field-selector', selector, '-o', 'name']);
    expect(found).toBe(isSelected ? 'workspaceapplicationpolicy.wsap.dev/no-visio\n' : '');
  });

  test('an applier replaces the excluded tags of another one, because both tags together exclude fewer WorkSpaces', async () => {
    const apply = (manager: string, key: string, ...flags: string[]) => {
      const workspaceSelector = { all: true, exclude: { tags: { matchTags: { [key]: 'yes' } } } };
      const spec = { workspaceSelector, applications: { denied: [{ name: 'Microsoft Visio*' }] } };
      const input = JSON.stringify({ ...policy, metadata: { name: 'two-appliers', namespace }, spec });
      return run(['apply', '--server-side', `--field-manager=${manager}`, ...flags, '-f', '-'], input);
    };
    await apply('one', 'Keep');
    await expect(apply('two', 'Protected')).rejects.toThrow('.spec.workspaceSelector.exclude.tags');
    await apply('two', 'Protected', '--force-conflicts');
    const path = 'jsonpath={.spec.workspaceSelector.exclude.tags.matchTags}';
    expect(await run(['get', 'wsap', 'two-appliers', '-n', namespace, '-o', path])).toBe('{"Protected":"yes"}');
  });

  function condition(type: string, is: string, message: string) {
    return { type, status: is, reason: type, message, lastTransitionTime: new Date().toISOString() };
  }

  /** kubectl separates columns by at least three spaces. */
  function cells(line: string): string[] {
    return line.trimEnd().split(/ {3,}/);
  }
});
