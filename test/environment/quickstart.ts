/**
 * `npm run quickstart`: runs the operator on this machine, with a real API server and with the simulator instead of AWS. This file
 * handles the command line, signals, and the exit code; story.ts does the work.
 */
import { constants } from 'node:os';
import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { sanitize } from '../../src/sanitize.ts';
import { Interrupted } from './quickstart/interrupted.ts';
import { Screen } from './quickstart/screen.ts';
import { type StoryOptions, tellStory } from './quickstart/story.ts';

/** Signals within this time count as one. The terminal sends Ctrl-C to all processes, and npm forwards it once more. */
const SAME_SIGNAL_MS = 500;

const program = new Command('npm run quickstart --')
  .description(
    'Runs the operator on this machine: starts a Kubernetes control plane, the operator, and a simulated AWS, and applies policies ' +
      'that remove an application from WorkSpaces, keep it removed, and replace another one. Runs until Ctrl-C. Only the downloaded programs of the control plane remain, in a cache.',
  )
  .option('--once', 'Exit with 0 when the policy is compliant, or with 1 after the timeout')
  .addOption(
    new Option('--calls-per-second <rate>', 'Rate limit of the simulated AWS and of the operator')
      .default(2, '2, the limit of AWS')
      .argParser(positive),
  )
  .addOption(
    new Option('--timeout <seconds>', 'Maximum time until the policy is compliant').default(180).argParser(positive),
  );

const interrupted = Promise.withResolvers<never>();
interrupted.promise.catch(() => {});
let firstSignalAt: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    firstSignalAt ??= performance.now();
    if (performance.now() - firstSignalAt > SAME_SIGNAL_MS) {
      // A second Ctrl-C. The operator and the control plane end automatically when this process is gone.
      process.exit(exitCodeOf(signal));
    }
    interrupted.reject(new Interrupted(signal));
  });
}
// The reader of the output is gone, for example, head(1) or a closed terminal.
process.stdout.on('error', () => interrupted.reject(new Interrupted('SIGPIPE')));
process.stderr.on('error', () => {});

const options = program.parse().opts<Omit<StoryOptions, 'interrupted'>>();
try {
  const compliant = await tellStory({ ...options, interrupted: interrupted.promise }, new Screen(process.stdout));
  process.exitCode = compliant ? 0 : 1;
} catch (error) {
  if (error instanceof Interrupted) {
    process.exitCode = exitCodeOf(error.signal);
  } else {
    const lines = (error instanceof Error ? error.message : String(error)).split('\n');
    process.stderr.write(`\nquickstart: ${lines.map((line) => sanitize(line, 2048)).join('\n')}\n`);
    process.exitCode = 1;
  }
}
// A control plane that was interrupted during its start keeps this process alive. It ends automatically.
process.exit();

/** Returns the exit code that shells use for a signal. */
function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('Must be a number greater than 0.');
  }
  return value;
}
