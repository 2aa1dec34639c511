import { AwsConnection, type ConnectionOptions } from '../aws/connection.ts';
import type { FleetConfig } from '../policy/workspaceFleet.ts';
import { fleetLabel } from './fleetStore.ts';
import type { AwsMetrics } from './metrics/awsMetrics.ts';

/** Connects to a fleet, from the SDK's default chain of credentials on. */
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
      closing.abort(new Error('the fleet is not used any more'));
      observer.end();
    },
  };
}

/** As CloudTrail is to show it. AWS takes 2 to 64 of these characters. */
function sessionNameOf(fleet = ''): string {
  return `wsap-${fleet.replace(/[^\w+=,.@-]/g, '-')}`.slice(0, 64);
}
