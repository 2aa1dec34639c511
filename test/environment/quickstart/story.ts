import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { readSeed, type Seed } from '../../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/start.ts';
import { type ControlPlane, startControlPlane } from '../controlPlane.ts';
import { minutes } from '../progress.ts';
import { changeLine } from './changes.ts';
import { Interrupted } from './interrupted.ts';
import { invite } from './invitation.ts';
import { waitingForUsers } from './logOff.ts';
import { readSpecs, specsIn } from './manifests.ts';
import { installManually } from './manualInstallation.ts';
import { OperatorProcess } from './operatorProcess.ts';
import { PolicyWatch, type WatchedPolicy } from './policyWatch.ts';
import { firstRemoved } from './removed.ts';
import { showFailure, showResult } from './result.ts';
import type { Screen, Style } from './screen.ts';

export interface StoryOptions {
  /** Whether to end when the policies are compliant or the time is up. */
  readonly once?: boolean;
  /** Rate limit of the simulated AWS and of the operator. */
  readonly callsPerSecond: number;
  /** Maximum time until the policies are compliant, in seconds. */
  readonly timeout: number;
  /** Rejects with Interrupted when the user stops the quickstart. */
  readonly interrupted: Promise<never>;
}

const ROOT = join(import.meta.dirname, '../../..');
const CRDS = 'crds';
const SEED = 'deploy/simulator/fleet.yaml';
const FLEET = 'deploy/simulator/workspace-fleet.yaml';
const SAMPLES = 'deploy/samples';

/**
 * Starts everything, applies the samples, shows the changes, and stops everything at the end. Resolves with whether the policies are
 * compliant. Rejects with the error that ended the story, or with Interrupted.
 */
export async function tellStory(options: StoryOptions, screen: Screen): Promise<boolean> {
  screen.line(
    'wsap manages the applications of Amazon WorkSpaces with policies. The policies of this example remove an application, keep it removed, and replace another one.',
  );
  screen.line('The Kubernetes control plane is real, and AWS is simulated. Both run only on this machine.');
  screen.line();
  const story = new Story(options, screen);
  try {
    return await story.tell();
  } finally {
    screen.line();
    await screen.task(
      'Stopping',
      () => story.end(),
      (left) => (left === undefined ? 'Stopped and cleaned up' : `Stopped; ${left} ends within seconds`),
    );
  }
}

class Story {
  readonly #options: StoryOptions;
  readonly #screen: Screen;
  readonly #running = new AsyncDisposableStack();
  /** Rejects when the story must end. */
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
    const seed = await readSeed(join(ROOT, SEED));
    const simulator = await this.#startSimulator(seed);
    const operator = await this.#startOperator(controlPlane, simulator, seed);
    await this.#applyFleet(controlPlane);
    await this.#applySamples(controlPlane);
    const watch = await this.#watchPolicies(controlPlane, simulator, seed);
    const timeUp = setTimeout(timeout * 1000, false, { ref: false });
    const inTime = (work: Promise<void>) => this.#unlessOver(Promise.race([work.then(() => true), timeUp]));
    const compliant =
      (await inTime(watch.untilCompliant())) && (await inTime(this.#installManually(watch, simulator, seed)));
    if (compliant) {
      await this.#unlessOver(showResult(this.#screen, controlPlane, watch.policies));
    } else {
      showFailure(this.#screen, `not compliant after ${timeout} s`, watch.policies, operator.lastLines());
    }
    if (!once) {
      const { auditLog } = operator;
      await invite(this.#screen, { controlPlane, simulator, seed, policies: watch.policies, auditLog });
      await this.#over.catch((reason) => {
        if (!(reason instanceof Interrupted)) {
          throw reason;
        }
      });
    }
    return compliant;
  }

  /** Stops everything. Resolves with the name of a control plane that is still starting; it ends with this process. */
  async end(): Promise<string | undefined> {
    await this.#running.disposeAsync();
    return this.#startsControlPlane ? 'the control plane' : undefined;
  }

  #unlessOver<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#over]);
  }

  #startControlPlane(): Promise<ControlPlane> {
    return this.#screen.phase(
      'Starting a Kubernetes control plane',
      async () => {
        this.#startsControlPlane = true;
        const starting = startControlPlane({ crdPaths: [join(ROOT, CRDS)] }).finally(() => {
          this.#startsControlPlane = false;
        });
        return this.#running.use(await this.#unlessOver(starting));
      },
      ({ version }) => `Kubernetes control plane ${version} with the CRDs of ${CRDS}/`,
    );
  }

  #startSimulator(seed: Seed): Promise<Simulator> {
    return this.#screen.phase(
      'Starting the simulated AWS',
      async () => {
        const simulator = await startSimulator({
          seed,
          rateLimit: { callsPerSecond: this.#options.callsPerSecond },
          onCall: (call) => {
            const line = changeLine(call, seed);
            if (line !== undefined) {
              this.#printChange(line.text, line.made ? [] : 'yellow');
            }
          },
        });
        this.#running.defer(() => simulator.close());
        return simulator;
      },
      () => `Simulated AWS with the ${seed.workspaces.length} WorkSpaces of ${SEED}`,
    );
  }

  #startOperator({ kubeconfigPath }: ControlPlane, { url }: Simulator, { region }: Seed): Promise<OperatorProcess> {
    return this.#screen.phase(
      'Starting the operator',
      async () => {
        const operator = this.#running.use(new OperatorProcess({ kubeconfigPath, awsUrl: url, awsRegion: region }));
        this.#over = Promise.race([this.#over, operator.died]);
        this.#over.catch(() => {});
        await this.#unlessOver(operator.started);
        return operator;
      },
      () => 'Operator, in its own process',
    );
  }

  async #applyFleet({ kubectl }: ControlPlane): Promise<void> {
    const screen = this.#screen;
    const text = await readFile(join(ROOT, FLEET), 'utf8');
    const manifest = parse(text);
    manifest.spec.rateLimit = { requestsPerMinute: Math.max(6, Math.round(60 * this.#options.callsPerSecond)) };
    const applied = await screen.phase(
      `kubectl apply -f ${FLEET}`,
      () => this.#unlessOver(kubectl(['apply', '-f', '-'], stringify(manifest))),
      () => `kubectl apply -f ${FLEET}`,
    );
    screen.block(applied, 'dim');
    for (const spec of specsIn(text)) {
      screen.line();
      screen.block(spec);
    }
    screen.line();
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
    screen.beginPhase('Changes in AWS, and the statuses of the policies');
    screen.block(
      `Disassociate marks an application for removal, and Deploy removes it. A deployment ends the session of a connected user, so the
operator waits until the user has logged off, and for 10 more seconds, in case of open documents. The first WorkSpace goes alone
until its deployment has succeeded. AWS rejects Office 2024 beside Office 2021, so the operator disassociates Office 2021 before it
associates Office 2024, and one deployment makes both changes. AWS allows ${this.#options.callsPerSecond} calls per second. A removal takes several calls, because the operator
reads the current state before each change.`,
      'dim',
    );
    screen.line();
    const watch = this.#running.use(
      new PolicyWatch({
        kubeconfig,
        onLine: ({ metadata }, line) => {
          this.#printChange(`${metadata.name}: ${line}`, line.startsWith('Compliant=True') ? 'green' : 'cyan');
        },
        onPolicy: (policy) => this.#logOff(policy, simulator, seed),
      }),
    );
    await this.#unlessOver(watch.start());
    return watch;
  }

  /** Installs a denied application by hand. Resolves when the operator has removed it again. */
  async #installManually(watch: PolicyWatch, simulator: Simulator, seed: Seed): Promise<void> {
    const [policy] = watch.policies;
    const removed = policy && firstRemoved(policy, simulator.calls, seed);
    if (removed === undefined) {
      throw new Error('the policies are compliant, but no application was removed');
    }
    const { workspaceID, applicationID, userName } = removed;
    const name = seed.applications.find((one) => one.applicationID === applicationID)?.name ?? applicationID;
    const screen = this.#screen;
    screen.line();
    screen.beginPhase('Somebody installs a denied application in the AWS console');
    screen.block(
      `AWS announces the installation in an SQS queue. The operator reads only this WorkSpace, 5 seconds after the event, because AWS can show
changes late, and shows the removal in the status for 5 more seconds before it makes the change.`,
      'dim',
    );
    screen.line();
    const again = watch.untilCompliantAgain();
    const disassociatedAfter = installManually(simulator, removed);
    this.#printChange(`Somebody installs ${name} on ${workspaceID} of ${userName}`, 'yellow');
    await again;
    const seconds = ((disassociatedAfter() ?? Number.NaN) / 1000).toFixed(0);
    this.#printChange(`The operator disassociated it ${seconds} seconds after its event`, 'green');
  }

  /** Logs off the simulated users that a policy waits for. */
  #logOff(policy: WatchedPolicy, { simulated }: Simulator, { workspaces }: Seed): void {
    const waiting = new Set(waitingForUsers(policy));
    const users = new Map(workspaces.map(({ workspaceID, userName }) => [workspaceID, userName]));
    for (const { workspaceID, connection } of simulated.workspaces) {
      if (waiting.has(workspaceID) && connection === 'CONNECTED') {
        simulated.setWorkspace(workspaceID, { connection: 'DISCONNECTED' });
        this.#printChange(`${users.get(workspaceID)} logs off ${workspaceID}`, 'yellow');
      }
    }
  }

  #printChange(text: string, style: Style): void {
    const since = minutes(performance.now() - this.#appliedAt).padStart(7);
    this.#screen.line(`${this.#screen.style('dim', since)}  ${this.#screen.style(style, text)}`);
  }
}
