import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { stringify } from 'yaml';
import { LeaseNames } from '../../src/operator/ownership/leaseNames.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';
import { CHART } from '../deploy/rendering.ts';
import { runCommand } from '../environment/image/command.ts';
import { type KubectlError, kubectl } from '../environment/kubectl.ts';
import type { TestCluster } from './clusters/testCluster.ts';
import { eventually } from './eventually.ts';
import { type HelmResult, runHelm } from './helm.ts';
import type { OperatorPod, PodEvent } from './pods.ts';

const FLEET = 'default';

/**
 * Release of the chart in namespaces of its own, with a simulated AWS account on this machine. The namespace of the operator enforces Pod
 * Security `restricted`. Disposal removes everything, including the CRDs.
 */
export class Installation implements AsyncDisposable {
  readonly cluster: TestCluster = inject('cluster');
  readonly namespace: string;
  /** Namespace of policies. */
  readonly desktops: string;
  readonly aws: Simulator;
  /** Folder for temporary files. */
  readonly directory: string;

  private constructor(aws: Simulator, directory: string) {
    const suffix = randomUUID().slice(0, 8);
    this.namespace = `wsap-e2e-${suffix}`;
    this.desktops = `desktops-${suffix}`;
    this.aws = aws;
    this.directory = directory;
  }

  /** Creates the namespaces and the account. Install the chart with `helm`. */
  static async prepare(seed: SeedDocument): Promise<Installation> {
    // Pods connect to the address of the cluster's network.
    const aws = await startSimulator({ seed: seedFrom(seed), host: '0.0.0.0' });
    const installation = new Installation(aws, await mkdtemp(join(inject('cluster').directory, 'files-')));
    const label = (mode: string) => [`pod-security.kubernetes.io/${mode}`, 'restricted'];
    const labels = Object.fromEntries(['enforce', 'warn', 'audit'].map(label));
    await installation.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: installation.namespace, labels } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: installation.desktops } },
    );
    return installation;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.helm('uninstall', undefined, { flags: ['--ignore-not-found', '--wait'] });
    const crds = [
      'workspaceapplicationpolicies.wsap.dev',
      'workspacefleets.wsap.dev',
      'notificationproviders.wsap.dev',
    ];
    await this.kubectl('delete', 'crd', ...crds, '--ignore-not-found');
    await this.kubectl('delete', 'namespace', this.namespace, this.desktops, '--wait=false');
    await this.aws.close();
    await rm(this.directory, { recursive: true });
  }

  /** Address of the simulated account for pods. */
  get endpoint(): string {
    return `http://${this.cluster.machineAddress}:${new URL(this.aws.url).port}`;
  }

  /** Values for the image and the simulated account. */
  values(more: object = {}): object {
    const [repository = '', digest] = this.cluster.image.split('@');
    const [, name = repository, tag] = /^(.*):([^/]+)$/.exec(repository) ?? [];
    return {
      image: digest === undefined ? { repository: name, tag } : { repository, digest },
      aws: { region: 'eu-central-1' },
      extraEnv: this.awsVariables(),
      fleets: {
        [FLEET]: {
          region: 'eu-central-1',
          allowedNamespaces: { from: 'All' },
          rateLimit: { requestsPerMinute: 30_000, burst: 100 },
        },
      },
      ...more,
    };
  }

  /** Environment variables for the simulated account. */
  awsVariables(): { name: string; value: string }[] {
    return [
      { name: 'AWS_ENDPOINT_URL', value: this.endpoint },
      { name: 'AWS_ACCESS_KEY_ID', value: 'simulated' },
      { name: 'AWS_SECRET_ACCESS_KEY', value: 'simulated' },
    ];
  }

  /** Runs Helm for the release `wsap`. `chart`: defaults to the chart of this checkout. */
  helm(
    command: string,
    values?: object,
    { chart = CHART, flags = [] }: { readonly chart?: string; readonly flags?: readonly string[] } = {},
  ): Promise<HelmResult> {
    const chartAndValues = values === undefined ? [] : [chart, '--values', '-'];
    return this.runHelm([...command.split(' '), 'wsap', ...chartAndValues, ...flags], values);
  }

  /** Runs Helm in the namespace of the operator. `input`: object for stdin. */
  runHelm(args: readonly string[], input?: object): Promise<HelmResult> {
    const { kubeconfigPath } = this.cluster;
    return runHelm(args, { namespace: this.namespace, kubeconfigPath, home: this.directory, input });
  }

  /** Installs or upgrades the chart and waits until it is ready. */
  deploy(values: object = this.values()): Promise<HelmResult> {
    return this.helm('upgrade', values, { flags: ['--install', '--wait', '--timeout=4m'] });
  }

  /** Runs kubectl in the namespace of the operator. */
  kubectl(...args: string[]): Promise<string> {
    return kubectl(this.cluster, ['--namespace', this.namespace, ...args]);
  }

  apply(...objects: object[]): Promise<string> {
    const text = objects.map((object) => stringify(object)).join('---\n');
    return kubectl(this.cluster, ['apply', '--server-side', '-f', '-'], text);
  }

  /** Runs the command line in a pod of the operator. Rejects if it fails. */
  exec(...args: string[]): Promise<string> {
    return this.kubectl('exec', 'deployment/wsap', '--', '/nodejs/bin/node', '/app/dist/cli/main.js', ...args);
  }

  /** Runs the command line in a pod of the operator. Returns its output even if it fails. */
  async execAnyway(...args: string[]): Promise<{ readonly code: number | null; readonly stdout: string }> {
    try {
      return { code: 0, stdout: await this.exec(...args) };
    } catch (error) {
      const { exitCode, stdout } = error as KubectlError;
      return { code: exitCode, stdout };
    }
  }

  /** Returns the pods of the operator that aren't being deleted. */
  async pods(): Promise<OperatorPod[]> {
    const selector = 'app.kubernetes.io/component=operator';
    const { items } = JSON.parse(await this.kubectl('get', 'pods', '--selector', selector, '-o', 'json'));
    return (items as OperatorPod[]).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  async pod(name: string): Promise<OperatorPod> {
    return JSON.parse(await this.kubectl('get', 'pod', name, '-o', 'json'));
  }

  /** Returns the Events of the pods of this namespace. */
  async podEvents(): Promise<PodEvent[]> {
    const { items } = JSON.parse(
      await this.kubectl('get', 'events', '--field-selector', 'involvedObject.kind=Pod', '-o', 'json'),
    );
    return items;
  }

  /** Returns the identity of the process that owns the fleet: the name of its pod and a random suffix. Undefined if none does. */
  async owner(): Promise<string | undefined> {
    const name = new LeaseNames(undefined).ofFleet(FLEET);
    const path = 'jsonpath={.spec.holderIdentity}';
    return (await this.kubectl('get', 'lease', name, '-o', path, '--ignore-not-found')) || undefined;
  }

  /** Waits until a process owns the fleet that `isExpected` accepts. Returns its identity. */
  async waitForOwner(isExpected: (identity: string) => boolean = () => true): Promise<string> {
    return eventually(async () => {
      const owner = await this.owner();
      if (owner === undefined || !isExpected(owner)) {
        throw new Error(`${owner ?? 'no process'} owns the fleet`);
      }
      return owner;
    });
  }

  /** Waits until this number of pods is ready, and there are no others. Returns their names. */
  async waitForReady(count: number): Promise<string[]> {
    return eventually(async () => {
      const pods = await this.pods();
      const states = pods.map(({ status }) => status.conditions?.find(({ type }) => type === 'Ready')?.status);
      expect(states).toEqual(Array.from({ length: count }, () => 'True'));
      return pods.map(({ metadata }) => metadata.name);
    });
  }

  /** Sends a signal to the first process of a pod's container, as the kernel or a debugger of its node does. */
  async signal(pod: string, signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> {
    const [status] = (await this.pod(pod)).status.containerStatuses ?? [];
    const id = status?.containerID?.replace('containerd://', '');
    const [file = '', ...args] = this.cluster.ctr ?? [];
    await runCommand(file, [...args, 'tasks', 'kill', '--signal', signal, String(id)]);
  }

  /** Applies a policy that removes a product, and waits until all WorkSpaces comply. */
  async enforce(name: string, product: string): Promise<void> {
    await this.apply({
      apiVersion: 'wsap.dev/v1alpha1',
      kind: 'WorkspaceApplicationPolicy',
      metadata: { name, namespace: this.desktops },
      spec: {
        enforcement: 'Enforce',
        workspaceSelector: { all: true },
        applications: { denied: [{ name: `Microsoft ${product}*` }] },
        safeguards: { maxAffectedWorkspaces: '100%' },
      },
    });
    await this.waitForCompliance(name);
  }

  /** Waits until a policy is compliant with its current generation. */
  async waitForCompliance(name: string): Promise<void> {
    await eventually(async () => {
      const { metadata, status } = JSON.parse(
        await this.kubectl('--namespace', this.desktops, 'get', 'wsap', name, '-o', 'json'),
      );
      const compliant = status?.conditions?.find(({ type }: { type: string }) => type === 'Compliant');
      expect(compliant, name).toMatchObject({ status: 'True', observedGeneration: metadata.generation });
    });
  }
}
