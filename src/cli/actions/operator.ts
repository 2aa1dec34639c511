import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import type { LeaseTiming } from '../../kube/lease.ts';
import { parseBindAddress } from '../../operator/http/bindAddress.ts';
import { CliError, EXIT, stopSignal } from '../exit.ts';
import { exitWhenWritten } from '../output/exitWhenWritten.ts';
import type { LogOptions } from '../output/log.ts';
import { version } from '../version.ts';

/** Flags of `wsap operator`. Durations are in milliseconds. */
export interface OperatorFlags {
  readonly namespace?: string;
  readonly ambientFleetNamespaces: readonly string[];
  readonly awsRequestsPerSecond: number;
  readonly awsBurst: number;
  readonly concurrent: number;
  readonly leaseNamespace?: string;
  readonly clusterLeaseNamespace: string;
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  readonly metricsBindAddress: string;
  readonly healthProbeBindAddress: string;
  readonly reports: 'auto' | 'off';
  readonly reportResults: 'violations' | 'all';
  readonly reportUserNames: boolean;
  readonly reportInterval: number;
  readonly notifications: boolean;
  readonly auditLog: string;
  readonly logLevel: string;
  readonly logFormat: LogOptions['format'];
}

/**
 * Runs the operator until SIGINT or SIGTERM, and then ends the process.
 *
 * @throws CliError if the flags contradict each other
 */
export async function operate({
  logLevel,
  logFormat,
  namespace,
  leaseNamespace,
  ...flags
}: OperatorFlags): Promise<void> {
  // First of all: process 1 of a container ignores a signal without a handler, and the SDKs take long to load.
  const stopping = stopSignal('the operator is stopping', EXIT.error);
  // A pass over a large fleet would grow the young generation of the heap to 48 MB, without using less CPU.
  setFlagsFromString('--semi-space-growth-factor=1');
  const leaseTiming = leaseTimingOf(flags);
  const unwatched = flags.ambientFleetNamespaces.find((name) => namespace !== undefined && name !== namespace);
  if (unwatched !== undefined) {
    throw new CliError(`--ambient-fleet-namespaces contains ${unwatched}, but --namespace ${namespace} excludes it`);
  }
  const metricsBindAddress = parseBindAddress(flags.metricsBindAddress);
  const healthProbeBindAddress = parseBindAddress(flags.healthProbeBindAddress);
  const [{ createLog }, { runOperator }] = await Promise.all([import('../output/log.ts'), import('../../operator.ts')]);
  const log = createLog({ level: logLevel, format: logFormat });
  // A bug ends the process. The next process continues from the statuses.
  process.setUncaughtExceptionCaptureCallback((error) => {
    log.fatal({ err: error }, 'crashed');
    exitWhenWritten(1);
  });
  await runOperator(
    { ...flags, namespace, leaseNamespace, metricsBindAddress, healthProbeBindAddress, leaseTiming, version, log },
    stopping,
  );
  // Connections that the SDKs keep alive must not keep the process alive.
  exitWhenWritten();
}

/** Checks the durations as client-go checks a LeaderElectionConfig. */
function leaseTimingOf({ leaseDuration, renewDeadline, retryPeriod }: LeaseTiming): LeaseTiming {
  if (leaseDuration <= renewDeadline) {
    throw new CliError('--lease-duration must be longer than --renew-deadline');
  }
  if (renewDeadline <= retryPeriod) {
    throw new CliError('--renew-deadline must be longer than --retry-period');
  }
  return { leaseDuration, renewDeadline, retryPeriod };
}
