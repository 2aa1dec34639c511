import { expect } from 'vitest';
import type { KubeObject } from '../../src/kube/resource.ts';
import { eventuallyReported } from './clusterHarness.ts';
import type { InstallationHarness } from './installationHarness.ts';

/** Returns a policy that denies a product on every WorkSpace. */
export function denying(
  product: string,
  metadata: { name: string; namespace: string },
  enforcement = 'Enforce',
): object {
  return {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceApplicationPolicy',
    metadata,
    spec: {
      enforcement,
      workspaceSelector: { all: true },
      applications: { denied: [{ name: `Microsoft ${product}*` }] },
      safeguards: { maxAffectedWorkspaces: '100%' },
    },
  };
}

/** Returns a fleet with the WorkSpaces of the installation. */
export function fleet(name: string): object {
  return {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceFleet',
    metadata: { name },
    spec: {
      region: 'eu-central-1',
      allowedNamespaces: { from: 'All' },
      rateLimit: { requestsPerMinute: 30_000, burst: 100 },
    },
  };
}

/** Waits until a policy in the namespace `desktops` is compliant. */
export function waitForCompliance(installation: InstallationHarness, name: string): Promise<void> {
  return eventuallyReported(async () => {
    const path = '-o=jsonpath={.status.conditions[?(@.type=="Compliant")].status}';
    expect(await installation.kubectl('get', 'wsap', '-n', 'desktops', name, path)).toBe('True');
  });
}

/** Creates the Deployment's pod as a dry run, because Pod Security rejects pods, but no Deployments. */
export async function admitPod(installation: InstallationHarness): Promise<string> {
  const text = await installation.kubectl('get', 'deployment', '-n', 'wsap-system', 'wsap', '-o', 'json');
  const { metadata, spec } = JSON.parse(text).spec.template;
  const named = { ...metadata, name: 'wsap', namespace: 'wsap-system' };
  return installation.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: named, spec }], '--dry-run=server');
}

/** Output of `admitPod` if the pod is admitted. */
export const ADMITTED = 'pod/wsap serverside-applied (server dry run)\n';

/** Returns a CRD that accepts every object of a kind of another product, for example, Flux or Prometheus. */
export function crdFor({ apiVersion = '', kind = '' }: KubeObject): object {
  const [group = '', version = ''] = apiVersion.split('/');
  const singular = kind.toLowerCase();
  const plural = singular.replace(/y$/, 'ie').concat('s');
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}
