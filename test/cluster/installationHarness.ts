import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Seed, seedFrom } from '../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { fleetOf } from './clusterHarness.ts';

/** Records who made which request, without its body. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

export interface InstallationOptions {
  /** Start of the simulated account. Defaults to 20 WorkSpaces, of which four have Visio. */
  readonly seed?: Seed;
  /** Additional flags of the API server. */
  readonly apiServerFlags?: Readonly<Record<string, string>>;
}

/**
 * Cluster without CRDs and simulated AWS account for installation tests. The API server writes an audit log. The
 * cluster contains the namespaces `desktops` and `elsewhere`, and the ServiceAccount default/powerless without
 * permissions.
 */
export class InstallationHarness implements AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly aws: Simulator;
  /** Folder for temporary files, which is deleted with the cluster. */
  readonly directory: string;

  private constructor(controlPlane: ControlPlane, aws: Simulator, directory: string) {
    this.controlPlane = controlPlane;
    this.aws = aws;
    this.directory = directory;
  }

  static async start(options: InstallationOptions = {}): Promise<InstallationHarness> {
    const { seed = seedFrom(fleetOf(20, 5)), apiServerFlags } = options;
    const directory = await mkdtemp(join(tmpdir(), 'wsap-installation-'));
    const policy = join(directory, 'audit-policy.yaml');
    await writeFile(policy, stringify(AUDIT_POLICY));
    const audit = { 'audit-policy-file': policy, 'audit-log-path': join(directory, 'audit.log') };
    const controlPlane = await startControlPlane({ apiServerFlags: { ...audit, ...apiServerFlags } });
    const installation = new InstallationHarness(controlPlane, await startSimulator({ seed }), directory);
    const powerless = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'powerless', namespace: 'default' },
    };
    await installation.apply([...['desktops', 'elsewhere'].map(restrictedNamespace), powerless]);
    return installation;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.aws.close();
    await this.controlPlane.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  kubectl(...args: string[]): Promise<string> {
    return this.controlPlane.kubectl(args);
  }

  apply(objects: readonly object[], ...args: string[]): Promise<string> {
    const text = objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');
    return this.controlPlane.kubectl(['apply', '--server-side', '-f', '-', ...args], text);
  }

  /** Installs an upstream CRD by its name. */
  async installCrd(name: string): Promise<void> {
    await this.kubectl('apply', '--server-side', '-f', join(import.meta.dirname, `upstream/${name}.yaml`));
    await this.kubectl('wait', '--for=condition=Established', `crd/${name}`, '--timeout=180s');
  }

  /** Returns the path of a kubeconfig with a token of a ServiceAccount. */
  async kubeconfigOf(namespace: string, serviceAccount: string): Promise<string> {
    const token = await this.kubectl('create', 'token', '-n', namespace, serviceAccount);
    const config = parse(this.controlPlane.kubeconfig);
    config.users = config.users.map(({ name }: { name: string }) => ({ name, user: { token: token.trim() } }));
    const path = join(this.directory, `${namespace}.${serviceAccount}.kubeconfig`);
    await writeFile(path, stringify(config));
    return path;
  }

  /** Returns the audit log, with one JSON object per line. */
  auditLog(): Promise<string> {
    return readFile(join(this.directory, 'audit.log'), 'utf8');
  }
}

/** Returns a namespace that enforces the Pod Security standard `restricted`. */
export function restrictedNamespace(name: string): object {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}
