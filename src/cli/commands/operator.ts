import { Command, InvalidArgumentError, Option } from 'commander';
import { parseBindAddress } from '../../operator/http/bindAddress.ts';
import { CLUSTER_LEASE_NAMESPACE } from '../../operator/ownership/clusterLease.ts';
import type { OperatorFlags } from '../actions/operator.ts';
import { reflow } from './flags.ts';
import {
  booleanValue,
  durationMs,
  matching,
  namespaceName,
  namespaceNames,
  positiveInteger,
  positiveNumber,
} from './optionValues.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'];
const LOG_FORMATS: OperatorFlags['logFormat'][] = ['json', 'text'];

/** Returns the command `wsap operator`. */
export function operatorCommand(): Command {
  return new Command('operator')
    .summary('Run the operator')
    .description(
      reflow(`Run the operator until SIGINT or SIGTERM.

You can also set each flag as an environment variable.`),
    )
    .addOption(
      flag('--namespace <name>', 'Watch only this namespace; policies in other namespaces are ignored').argParser(
        namespaceName,
      ),
    )
    .addOption(
      flag(
        '--ambient-fleet-namespaces <names>',
        "Namespaces, separated by commas, whose policies without a fleet apply to the account and region of the operator's own AWS configuration while no WorkspaceFleet exists",
      )
        .default([], 'none')
        .argParser(namespaceNames),
    )
    .addOption(
      flag(
        '--aws-requests-per-second <rate>',
        'Average number of AWS API calls per second, for policies without a fleet',
      )
        .default(2)
        .argParser(positiveNumber),
    )
    .addOption(
      flag('--aws-burst <calls>', 'Maximum number of AWS API calls at once, for policies without a fleet')
        .default(5)
        .argParser(positiveInteger),
    )
    .addOption(
      flag(
        '--concurrent <policies>',
        'Maximum number of policies of each fleet to reconcile concurrently. Policies that wait for reads do not count',
      )
        .default(4)
        .argParser(positiveInteger),
    )
    .addOption(
      flag(
        '--lease-namespace <name>',
        'Namespace of the Leases that distribute the fleets among replicas; defaults to the namespace of the pod or of the kubeconfig context',
      ).argParser(namespaceName),
    )
    .addOption(
      flag(
        '--cluster-lease-namespace <name>',
        'Namespace of the Lease by which operators that manage the same policies exclude each other; the same for all operators of a cluster',
      )
        .default(CLUSTER_LEASE_NAMESPACE)
        .argParser(namespaceName),
    )
    .addOption(
      durationFlag(
        '--lease-duration <duration>',
        'How long other replicas wait before they take over an unrenewed lease',
        '15s',
      ),
    )
    .addOption(
      durationFlag(
        '--renew-deadline <duration>',
        'How long a replica keeps acting on a fleet without renewing its lease; less than --lease-duration',
        '10s',
      ),
    )
    .addOption(
      durationFlag('--retry-period <duration>', 'Interval between lease renewals; less than --renew-deadline', '2s'),
    )
    .addOption(
      flag('--metrics-bind-address <address>', 'Address that serves /metrics; 0 disables it')
        .default(':8080')
        .argParser(bindAddress),
    )
    .addOption(
      flag('--health-probe-bind-address <address>', 'Address that serves /livez and /readyz; 0 disables it')
        .default(':8081')
        .argParser(bindAddress),
    )
    .addOption(
      flag('--reports <mode>', 'Whether to write Reports or PolicyReports; auto: if their CRD is installed')
        .default('auto')
        .choices(['auto', 'off']),
    )
    .addOption(
      flag('--report-results <results>', 'Results that reports contain')
        .default('violations')
        .choices(['violations', 'all']),
    )
    .addOption(
      flag('--report-user-names <boolean>', 'Whether reports contain the user names of WorkSpaces')
        .default(false)
        .argParser(booleanValue),
    )
    .addOption(durationFlag('--report-interval <duration>', 'Minimum interval between two reports of a policy', '30s'))
    .addOption(
      flag('--notifications <boolean>', 'Whether to send notifications to NotificationProviders; requires their CRD')
        .default(false)
        .argParser(booleanValue),
    )
    .addOption(
      flag(
        '--audit-log <file>',
        'File to which each change is recorded before and after it is made; - for standard output',
      )
        .default('-')
        .argParser(matching(/\S/, 'Must be the path of a file, or - for standard output.')),
    )
    .addOption(flag('--log-level <level>', 'Minimum level of log messages').default('info').choices(LOG_LEVELS))
    .addOption(
      flag('--log-format <format>', 'Format of log messages; json: one object per line')
        .default('json')
        .choices(LOG_FORMATS),
    )
    .action(async (flags: OperatorFlags) => {
      const { operate } = await import('../actions/operator.ts');
      await operate(flags);
    });
}

/** Returns an option that can also be set as an environment variable: `WSAP_` and its name. */
function flag(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.env(`WSAP_${option.name().replaceAll('-', '_').toUpperCase()}`);
}

function durationFlag(flags: string, description: string, defaultValue: string): Option {
  return flag(flags, description).default(durationMs(defaultValue), defaultValue).argParser(durationMs);
}

/** Validates an address. Returns it unparsed, because `0` and an option that isn't set both parse to undefined. */
function bindAddress(text: string): string {
  try {
    parseBindAddress(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError((error as RangeError).message);
  }
}
