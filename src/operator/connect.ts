import { AwsConnection, type ConnectionOptions } from '../aws/connection.ts';
import type { FleetConfig } from '../policy/workspaceFleet.ts';
import { fleetLabel } from './fleetStore.ts';
import type { AwsMetrics } from './metrics/awsMetrics.ts';

/** Connects to a fleet with the SDK's default credential chain. */
export function connect(
  { name, access: { region, roleARN, externalID } }: FleetConfig,
  metrics: AwsMetrics,
  {
    stopping,
    ...options
  }: Pick<ConnectionOptions, 'clock' | 'random' | 'version'> & { readonly stopping: AbortSignal },
) {
  const closing = new AbortController();
  const role = roleARN === undefined ? undefined : { roleARN, externalID, sessionName: sessionNameOf(name) };
  const observer = metrics.observe(fleetLabel(name));
  const signal = AbortSignal.any([stopping, closing.signal]);
  return {
    connection: new AwsConnection({ ...options, region, role, signal, observer }),
    close: () => {
      closing.abort(new Error('the fleet was closed'));
      observer.end();
    },
  };
}

/** Returns the session name for CloudTrail. AWS allows 2 to 64 of these characters. */
function sessionNameOf(fleet = ''): string {
  return `wsap-${fleet.replace(/[^\w+=,.@-]/g, '-')}`.slice(0, 64);
}
