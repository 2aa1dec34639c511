/** Smoke tests of the commands that run until a signal. */
import { strict as assert } from 'node:assert';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { NO_CLUSTER } from '../environment/noCluster.ts';
import type { Installed } from './installed.ts';

const SEED = {
  applications: [{ applicationID: 'wsa-visio2021', name: 'Visio' }],
  generate: [{ count: 1, idPrefix: 'demo', userPrefix: 'user', applications: ['wsa-visio2021'] }],
};

/** Reads the inventory of the simulator of the same executable. */
export async function readsSimulatedFleet(wsap: Installed): Promise<void> {
  writeFileSync(join(wsap.folder, 'seed.json'), JSON.stringify(SEED));
  const simulator = wsap.start(['simulate', '--seed', 'seed.json']);
  try {
    const [endpoint] = await outputWith(simulator, /http:\/\/[^\s']+/);
    const env = {
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'simulated',
      AWS_SECRET_ACCESS_KEY: 'simulated',
    };
    assert.match(wsap.run(['inventory'], { env }), /ws-demo/);
  } finally {
    await stop(simulator, 'SIGTERM');
  }
}

/** Starts the operator without a cluster and stops it. */
export async function startsOperator(wsap: Installed): Promise<void> {
  writeFileSync(join(wsap.folder, 'kubeconfig'), JSON.stringify(NO_CLUSTER));
  const flags = ['--metrics-bind-address', '0', '--health-probe-bind-address', '0'];
  const operator = wsap.start(['operator', ...flags], { KUBECONFIG: 'kubeconfig' });
  try {
    await outputWith(operator, /operator started/);
    const exited = once(operator, 'exit');
    operator.kill('SIGTERM');
    // Windows has no signals: it ends the process.
    assert.deepEqual(await exited, process.platform === 'win32' ? [null, 'SIGTERM'] : [0, null]);
  } finally {
    await stop(operator, 'SIGKILL');
  }
}

/** Ends a process and waits for it, because Windows can't delete the file of a running executable. */
async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

/** Waits for output that matches. Rejects with the output if the process ends before. */
async function outputWith(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      child.emit('text');
    });
  }
  const ended = once(child, 'close').then(() => true);
  for (;;) {
    const match = pattern.exec(output);
    if (match !== null) {
      return match;
    }
    const hasEnded = await Promise.race([once(child, 'text').then(() => false), ended]);
    assert.ok(!hasEnded || pattern.test(output), `${child.spawnargs.join(' ')} ended: ${output}`);
  }
}
