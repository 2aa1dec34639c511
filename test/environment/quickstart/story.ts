import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readSeed, type Seed } from '../../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/start.ts';
import { type ControlPlane, startControlPlane } from '../controlPlane.ts';
import { minutes } from '../progress.ts';
import { changeLine } from './changes.ts';
import { Interrupted } from './interrupted.ts';
import { invite } from './invitation.ts';
import { waitingForUsers } from './logOff.ts';
import { readSpecs } from './manifests.ts';
import { OperatorProcess } from './operatorProcess.ts';
import { PolicyWatch, type WatchedPolicy } from './policyWatch.ts';
import { showResult, showTrouble } from './result.ts';
import type { Screen, Style } from './screen.ts';

export interface StoryOptions {
  /** End when the policies are compliant, or aren't in time. */
  readonly once?: boolean;
  /** The simulated AWS's rate limit, and the operator's own. */
  readonly callsPerSecond: number;
  /** How long the policies may take to become compliant, in seconds. */
  readonly timeout: number;
  /** Rejects with Interrupted when the person wants to leave. */
  readonly interrupted: Promise<never>;
}

const ROOT = join(import.meta.dirname, '../../..');
const CRDS = 'crds';
const FLEET = 'deploy/simulator/fleet.yaml';
const SAMPLES = 'deploy/samples';

/**
 * Starts everything, applies the samples, shows what comes of them, and takes everything down again, however it ends. Resolves with
 * whether the policies became compliant; rejects with what made that impossible, or with Interrupted if the story wasn't over.
 */
export async function tellStory(options: StoryOptions, screen: Screen): Promise<boolean> {
  screen.line(
    'wsap keeps the applications of Amazon WorkSpaces as policies say. Here is one that takes an application away.',
  );
  screen.line('Kubernetes is real, AWS is simulated, and both run on this machine only.');
  screen.line();
  const story = new Story(options, screen);
  try {
    return await story.tell();
  } finally {
    screen.line();
    await screen.task(
      'stopping',
      () => story.end(),
      (left) =>
        left === undefined ? 'stopped, and nothing is left behind' : `stopped; ${left} follows within seconds`,
    );
  }
}

class Story {
  readonly #options: StoryOptions;
  readonly #screen: Screen;
  readonly #running = new AsyncDisposableStack();
  /** Rejects when the story can't go on. */
  #over: Promise<never>;
  #startsControlPlane = false;
  #appliedAt = 0;

  constructor(options: StoryOptions, screen: Screen) {
    this.#options = options;
    this.#screen = screen;
    this.#over = options.interrupted;
  }

  async tell(): Promise<boolean> {
    const { once, timeout } = this.#options;
    const controlPlane = await this.#startControlPlane();
    const seed = await readSeed(join(ROOT, FLEET));
    const simulator = await this.#startSimulator(seed);
    const operator = await this.#startOperator(controlPlane, simulator, seed);
    await this.#applySamples(controlPlane);
    const watch = await this.#watchPolicies(controlPlane, simulator, seed);
    const inTime = setTimeout(timeout * 1000, false, { ref: false });
    const compliant = await this.#unlessOver(Promise.race([watch.compliant.then(() => true), inTime]));
    if (compliant) {
      await this.#unlessOver(showResult(this.#screen, controlPlane, watch.policies));
    } else {
      showTrouble(this.#screen, `not compliant after ${timeout} s`, watch.policies, operator.lastLines());
    }
    if (!once) {
      await invite(this.#screen, { controlPlane, simulator, seed, policies: watch.policies });
      await this.#over.catch((reason) => {
        if (!(reason instanceof Interrupted)) {
          throw reason;
        }
      });
    }
    return compliant;
  }

  /** Takes everything down. Resolves with what couldn't be awaited, and ends with this process: a control plane that was starting. */
  async end(): Promise<string | undefined> {
    await this.#running.disposeAsync();
    return this.#startsControlPlane ? 'the control plane' : undefined;
  }

  #unlessOver<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#over]);
  }

  #startControlPlane(): Promise<ControlPlane> {
    return this.#screen.phase(
      'starting a Kubernetes control plane',
      async () => {
        this.#startsControlPlane = true;
        const starting = startControlPlane({ crdPaths: [join(ROOT, CRDS)] }).finally(() => {
          this.#startsControlPlane = false;
        });
        return this.#running.use(await this.#unlessOver(starting));
      },
      ({ version }) => `Kubernetes control plane ${version}, with the CRD of ${CRDS}/`,
    );
  }

  #startSimulator(seed: Seed): Promise<Simulator> {
    return this.#screen.phase(
      'starting the simulated AWS',
      async () => {
        const simulator = await startSimulator({
          seed,
          rateLimit: { callsPerSecond: this.#options.callsPerSecond },
          onCall: (call) => {
            const line = changeLine(call, seed);
            if (line !== undefined) {
              this.#happened(line.text, line.made ? [] : 'yellow');
            }
          },
        });
        this.#running.defer(() => simulator.close());
        return simulator;
      },
      () => `simulated AWS, with the ${seed.workspaces.length} WorkSpaces of ${FLEET}`,
    );
  }

  #startOperator({ kubeconfigPath }: ControlPlane, { url }: Simulator, { region }: Seed): Promise<OperatorProcess> {
    return this.#screen.phase(
      'starting the operator',
      async () => {
        const awsRequestsPerSecond = this.#options.callsPerSecond;
        const operator = this.#running.use(
          new OperatorProcess({ kubeconfigPath, awsUrl: url, awsRegion: region, awsRequestsPerSecond }),
        );
        this.#over = Promise.race([this.#over, operator.died]);
        this.#over.catch(() => {});
        await this.#unlessOver(operator.started);
        return operator;
      },
      () => 'operator, a process of its own, between the two',
    );
  }

  async #applySamples({ kubectl }: ControlPlane): Promise<void> {
    const screen = this.#screen;
    const applied = await screen.phase(
      `kubectl apply -f ${SAMPLES}`,
      () => this.#unlessOver(kubectl(['apply', '-f', join(ROOT, SAMPLES)])),
      () => `kubectl apply -f ${SAMPLES}`,
    );
    this.#appliedAt = performance.now();
    screen.block(applied, 'dim');
    for (const spec of await readSpecs(join(ROOT, SAMPLES))) {
      screen.line();
      screen.block(spec);
    }
  }

  async #watchPolicies({ kubeconfig }: ControlPlane, simulator: Simulator, seed: Seed): Promise<PolicyWatch> {
    const screen = this.#screen;
    screen.line();
    screen.beginPhase('what the operator changes in AWS, and what the status of the policy says');
    screen.block(
      `Disassociate marks an application for removal, Deploy carries it out. That ends the session of whoever is connected, so the operator
waits for them. AWS takes ${this.#options.callsPerSecond} calls a second, and a removal is 8: the operator looks before it acts.`,
      'dim',
    );
    screen.line();
    const watch = this.#running.use(
      new PolicyWatch({
        kubeconfig,
        onLine: ({ metadata }, line) => {
          this.#happened(`${metadata.name}: ${line}`, line.startsWith('Compliant=True') ? 'green' : 'cyan');
        },
        onPolicy: (policy) => this.#logOff(policy, simulator, seed),
      }),
    );
    await this.#unlessOver(watch.start());
    return watch;
  }

  /** The people that a policy waits for end their day, as they would sooner or later. */
  #logOff(policy: WatchedPolicy, { simulated }: Simulator, { workspaces }: Seed): void {
    const waiting = new Set(waitingForUsers(policy));
    const users = new Map(workspaces.map(({ workspaceID, userName }) => [workspaceID, userName]));
    for (const { workspaceID, connection } of simulated.workspaces) {
      if (waiting.has(workspaceID) && connection === 'CONNECTED') {
        simulated.setWorkspace(workspaceID, { connection: 'DISCONNECTED' });
        this.#happened(`${users.get(workspaceID)} logs off ${workspaceID}`, 'yellow');
      }
    }
  }

  #happened(what: string, style: Style): void {
    const since = minutes(performance.now() - this.#appliedAt).padStart(7);
    this.#screen.line(`${this.#screen.style('dim', since)}  ${this.#screen.style(style, what)}`);
  }
}
