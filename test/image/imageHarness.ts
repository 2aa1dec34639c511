import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import type { Seed } from '../../src/simulator/seed.ts';
import { InstallationHarness, restrictedNamespace } from '../cluster/installationHarness.ts';
import { CHART, run } from '../deploy/rendering.ts';
import { freePort } from '../environment/freePort.ts';
import { locateHelm } from '../environment/helm.ts';
import { Container, removeAbandoned } from './container.ts';
import type { Pod, SecurityContext } from './pod.ts';
import { createVolumes } from './podVolumes.ts';
import { UnpackedImage } from './unpackedImage.ts';
import { waitUntil } from './waiting.ts';

const NAMESPACE = 'wsap-system';

export interface StartOptions {
  /** Security context of the pod instead of that of the chart, as OpenShift assigns it. */
  readonly podSecurityContext?: SecurityContext;
  /** Arguments instead of those of the chart. */
  readonly args?: readonly string[];
}

/** Real API server, simulated AWS, the chart, and containers of the built image, each as the chart's Deployment specifies it. */
export class ImageHarness implements AsyncDisposable {
  readonly installation: InstallationHarness;
  readonly client: ApiClient;
  readonly #image: UnpackedImage;
  /** Everything to dispose of, in the reverse order of its creation. */
  readonly #running: AsyncDisposableStack;

  private constructor(image: UnpackedImage, installation: InstallationHarness, running: AsyncDisposableStack) {
    this.#image = image;
    this.installation = installation;
    this.#running = running;
    const config = new KubeConfig();
    config.loadFromString(installation.controlPlane.kubeconfig);
    this.client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
  }

  /** Builds the image if needed, and installs the chart with Helm where Pod Security enforces `restricted`. */
  static async start(seed: Seed): Promise<ImageHarness> {
    await using running = new AsyncDisposableStack();
    const image = running.use(await UnpackedImage.create());
    await removeAbandoned();
    // The admission plugin ServiceAccount adds the volume with the token. Envtest disables it, and the flag can't be empty.
    const apiServerFlags = { 'disable-admission-plugins': 'DefaultIngressClass' };
    const installation = running.use(await InstallationHarness.start({ seed, apiServerFlags }));
    await installation.apply([restrictedNamespace(NAMESPACE)]);
    const harness = new ImageHarness(image, installation, running.move());
    await harness.#installChart().catch(async (error) => {
      await harness[Symbol.asyncDispose]();
      throw error;
    });
    return harness;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#running.disposeAsync();
  }

  /** Starts the container of a pod that the API server has admitted. */
  async startPod(options: StartOptions = {}): Promise<Container> {
    const pod = await this.#createPod(options);
    const folder = join(this.installation.directory, pod.metadata.name);
    const { server, 'certificate-authority-data': authority } = parse(this.installation.controlPlane.kubeconfig)
      .clusters[0].cluster;
    const volumes = await createVolumes(join(folder, 'volumes'), pod, {
      authority: Buffer.from(authority, 'base64').toString(),
      token: (ofPod, expirationSeconds) => this.#createToken(ofPod, expirationSeconds),
    });
    const { config: image, root } = this.#image;
    const input = { pod, image, root, volumes, apiServer: new URL(server), args: options.args };
    return this.#running.use(await Container.start(folder, input));
  }

  /** Starts the container of a pod, and waits until it is ready. Returns it with the time until then, in milliseconds. */
  async startReadyPod(options: StartOptions = {}): Promise<{ container: Container; milliseconds: number }> {
    const started = performance.now();
    const container = await this.startPod(options);
    const ready = waitUntil(async () => {
      const status = await container.probe('readinessProbe').catch(String);
      if (status !== 200) {
        throw new Error(`the readiness probe returns ${status}\n${container.log}`);
      }
    }, 25);
    const ended = container.exitCode().then((code) => {
      throw new Error(`the operator ended with exit code ${code}\n${container.log}`);
    });
    ended.catch(() => {});
    await Promise.race([ready, ended]);
    return { container, milliseconds: performance.now() - started };
  }

  /** Returns the holders of all leases of the operator. */
  async leaseHolders(): Promise<string[]> {
    const path = 'jsonpath={range .items[*]}{.spec.holderIdentity}{"\\n"}{end}';
    const text = await this.installation.kubectl('get', 'leases', '-n', NAMESPACE, '-o', path);
    return text.split('\n').filter((holder) => holder !== '');
  }

  async #installChart(): Promise<void> {
    const { aws, controlPlane, directory } = this.installation;
    const credentials = {
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: 'simulated',
      AWS_SECRET_ACCESS_KEY: 'simulated',
    };
    const [repository, tag] = this.#image.reference.split(':');
    const values = {
      image: { repository, tag },
      aws: { region: aws.region },
      extraEnv: Object.entries(credentials).map(([name, value]) => ({ name, value })),
      // The container shares the network of the machine.
      health: { port: await freePort() },
      metrics: { port: await freePort() },
      fleets: {
        default: {
          region: aws.region,
          allowedNamespaces: { from: 'All' },
          rateLimit: { requestsPerMinute: 30_000, burst: 100 },
        },
      },
    };
    const flags = ['--namespace', NAMESPACE, '--kubeconfig', controlPlane.kubeconfigPath, '--values', '-'];
    const env = { PATH: process.env.PATH, HOME: directory };
    await run(await locateHelm(), ['install', 'wsap', CHART, ...flags], JSON.stringify(values), env);
  }

  /** Creates a pod of the Deployment, as its controller does. No kubelet runs it. */
  async #createPod({ podSecurityContext }: StartOptions): Promise<Pod> {
    const text = await this.installation.kubectl('get', 'deployment', '-n', NAMESPACE, 'wsap', '-o', 'json');
    const { metadata, spec } = JSON.parse(text).spec.template;
    const name = `wsap-${randomUUID().slice(0, 8)}`;
    await this.installation.apply([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, name, namespace: NAMESPACE },
        spec: { ...spec, ...(podSecurityContext === undefined ? {} : { securityContext: podSecurityContext }) },
      },
    ]);
    return JSON.parse(await this.installation.kubectl('get', 'pod', '-n', NAMESPACE, name, '-o', 'json'));
  }

  /** Requests a token that is bound to a pod, as the kubelet does. */
  async #createToken({ metadata, spec }: Pod, expirationSeconds: number): Promise<string> {
    const bound = ['--bound-object-kind', 'Pod', '--bound-object-name', metadata.name];
    const flags = ['-n', metadata.namespace, ...bound, '--duration', `${expirationSeconds}s`];
    return (await this.installation.kubectl('create', 'token', spec.serviceAccountName, ...flags)).trim();
  }
}
