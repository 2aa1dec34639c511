/**
 * `npm run quickstart`: the product at work, on this machine alone. A real API server, the operator as a process of its own, and the
 * simulator in place of AWS. story.ts is what happens; this file is the command line, signals and exit code.
 */
import { constants } from 'node:os';
import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { sanitize } from '../../src/sanitize.ts';
import { Interrupted } from './quickstart/interrupted.ts';
import { Screen } from './quickstart/screen.ts';
import { type StoryOptions, tellStory } from './quickstart/story.ts';

/** Signals closer together than this, in milliseconds, are one: npm hands on the Ctrl-C that the terminal sends to all of its processes. */
const SAME_CTRL_C = 500;

const program = new Command('npm run quickstart --')
  .description(
    'Shows the operator at work, on this machine alone: a Kubernetes control plane, the operator, and a simulated AWS with WorkSpaces ' +
      'from which it removes an application. It stays up until Ctrl-C, and leaves nothing behind but the cached programs of the ' +
      'control plane.',
  )
  .option('--once', 'end when the policy is compliant, with exit code 0, or with 1 if it never is')
  .addOption(
    new Option('--requests-per-second <rate>', 'calls that the simulated AWS takes a second, and the operator makes')
      .default(2, '2, as AWS documents')
      .argParser(positive),
  )
  .addOption(
    new Option('--timeout <seconds>', 'how long the policy may take to become compliant')
      .default(180)
      .argParser(positive),
  );

const interrupted = Promise.withResolvers<never>();
interrupted.promise.catch(() => {});
let firstSignalAt: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    firstSignalAt ??= performance.now();
    if (performance.now() - firstSignalAt > SAME_CTRL_C) {
      // Somebody is in a hurry. The operator and the control plane end by themselves when this process is gone.
      process.exit(exitCodeOf(signal));
    }
    interrupted.reject(new Interrupted(signal));
  });
}
// A reader that went away, as `| head` does, or a terminal that was closed.
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
// A control plane that was interrupted while it started would keep this process; it ends by itself.
process.exit();

/** As shells count. */
function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return value;
}
