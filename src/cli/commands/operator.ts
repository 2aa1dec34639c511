import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { LeaseTiming } from '../../kube/lease.ts';
import { parseBindAddress } from '../../operator/http/bindAddress.ts';
import { CliError } from '../output/cliError.ts';
import type { LogOptions } from '../output/log.ts';
import { version } from '../version.ts';
import { count, positive } from './awsFlags.ts';
import { duration } from './duration.ts';

interface Flags {
  readonly namespace?: string;
  readonly ambientFleet: boolean;
  readonly awsRequestsPerSecond: number;
  readonly awsBurst: number;
  readonly concurrent: number;
  readonly leaseNamespace?: string;
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  readonly metricsBindAddress: string;
  readonly healthProbeBindAddress: string;
  readonly reports: 'auto' | 'off';
  readonly reportResults: 'violations' | 'all';
  readonly reportUserNames: boolean;
  readonly reportInterval: number;
  readonly logLevel: string;
  readonly logFormat: LogOptions['format'];
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'];
const LOG_FORMATS: readonly LogOptions['format'][] = ['json', 'text'];

/** `wsap operator`: runs the controller until SIGINT or SIGTERM. */
export function operatorCommand(): Command {
  return new Command('operator')
    .description('run the operator: watch policies, and make and keep the WorkSpaces as they say')
    .addOption(flag('--namespace <name>', 'watch the policies of this namespace only; others then have no say'))
    .addOption(
      flag('--ambient-fleet <boolean>', "whether policies without a fleet use this process's own AWS settings")
        .default(true)
        .argParser(boolean),
    )
    .addOption(
      flag('--aws-requests-per-second <rate>', 'calls to AWS a second, on average').default(2).argParser(positive),
    )
    .addOption(flag('--aws-burst <calls>', 'calls to AWS that may come at once').default(5).argParser(count))
    .addOption(flag('--concurrent <policies>', 'policies reconciled at once').default(4).argParser(count))
    .addOption(
      flag(
        '--lease-namespace <name>',
        "where the Leases are by which replicas share the fleets; by default the pod's own, or that of the kubeconfig's context",
      ),
    )
    .addOption(
      time('--lease-duration <duration>', 'without a renewal for so long, another replica takes a fleet over', '15s'),
    )
    .addOption(
      time(
        '--renew-deadline <duration>',
        "without one for so long, a fleet's replica stops acting; less than --lease-duration",
        '10s',
      ),
    )
    .addOption(time('--retry-period <duration>', 'how often leases are renewed; less than --renew-deadline', '2s'))
    .addOption(
      flag('--metrics-bind-address <address>', 'where /metrics is served; 0: nowhere')
        .default(':8080')
        .argParser(bindAddress),
    )
    .addOption(
      flag('--health-probe-bind-address <address>', 'where /livez and /readyz are served; 0: nowhere')
        .default(':8081')
        .argParser(bindAddress),
    )
    .addOption(
      flag('--reports <mode>', 'auto: write all results into Reports or PolicyReports, where their CRD is installed')
        .default('auto')
        .choices(['auto', 'off']),
    )
    .addOption(
      flag('--report-results <which>', 'what these reports list').default('violations').choices(['violations', 'all']),
    )
    .addOption(
      flag('--report-user-names <boolean>', 'whether they name the users of the WorkSpaces')
        .default(false)
        .argParser(boolean),
    )
    .addOption(time('--report-interval <duration>', "how often a policy's are written at most", '30s'))
    .addOption(flag('--log-level <level>', 'the least that is logged').default('info').choices(LOG_LEVELS))
    .addOption(
      flag('--log-format <format>', 'one JSON object a line, or text for a person')
        .default('json')
        .choices(LOG_FORMATS),
    )
    .action(run);
}

async function run({ logLevel: level, logFormat: format, namespace, leaseNamespace, ...flags }: Flags): Promise<void> {
  // Before anything that takes time: as process 1 of a container it wouldn't be ended by a signal that it doesn't listen to.
  const stop = new AbortController();
  const onSignal = () => (stop.signal.aborted ? process.exit(1) : stop.abort(new Error('the operator is stopping')));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const leaseTiming = leaseTimingIn(flags);
  const metricsBindAddress = parseBindAddress(flags.metricsBindAddress);
  const healthProbeBindAddress = parseBindAddress(flags.healthProbeBindAddress);
  // Both SDKs take long to load: only for the command that needs them.
  const [{ createLog }, { runOperator }] = await Promise.all([import('../output/log.ts'), import('../../operator.ts')]);
  const log = createLog({ level, format });
  // A bug ends the process; the next one begins with what stands in the statuses.
  process.setUncaughtExceptionCaptureCallback((error) => {
    log.fatal({ err: error }, 'crashed');
    process.exit(1);
  });
  const addresses = { metricsBindAddress, healthProbeBindAddress };
  await runOperator({ ...flags, ...addresses, namespace, leaseNamespace, leaseTiming, version, log }, stop.signal);
  // What the SDK keeps alive must not keep the process.
  process.exit();
}

/** An option that can be given as the environment variable `WSAP_` and its name, too. */
function flag(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.env(`WSAP_${option.name().replaceAll('-', '_').toUpperCase()}`);
}

function time(flags: string, description: string, byDefault: string): Option {
  return flag(flags, description).default(duration(byDefault), byDefault).argParser(duration);
}

/** @throws CliError if the durations don't leave each other room (client-go's checks of a LeaderElectionConfig) */
function leaseTimingIn({ leaseDuration, renewDeadline, retryPeriod }: LeaseTiming): LeaseTiming {
  if (leaseDuration <= renewDeadline) {
    throw new CliError('--lease-duration must be longer than --renew-deadline');
  }
  if (renewDeadline <= retryPeriod) {
    throw new CliError('--renew-deadline must be longer than --retry-period');
  }
  return { leaseDuration, renewDeadline, retryPeriod };
}

/** Checks an address, and leaves it as it is, as an option that isn't set and one that says `0` must be told apart. */
function bindAddress(text: string): string {
  try {
    parseBindAddress(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError((error as RangeError).message);
  }
}

function boolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') {
    throw new InvalidArgumentError('It must be true or false.');
  }
  return text === 'true';
}
