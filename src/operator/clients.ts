import { COMPONENT, type RequestResult, userAgentOf } from '../kube/apiClient.ts';
import type { BackgroundError } from '../kube/backgroundError.ts';
import { EventRecorder } from '../kube/events.ts';
import { Informer } from '../kube/informer.ts';
import type { KubeObject } from '../kube/resource.ts';
import { addAuthors, FLEETS, type FleetObject, NAMESPACES, POLICIES, type PolicyObject } from '../kube/resources.ts';
import { sanitize } from '../sanitize.ts';
import { OutageLog } from './apiServerOutage.ts';
import type { Dependencies } from './dependencies.ts';
import type { OperatorMetrics } from './metrics/operatorMetrics.ts';
import type { OperatorOptions } from './options.ts';

/** Clients of the API server and informers of an operator. */
export type OperatorClients = ReturnType<typeof createClients>;

/** Creates the clients of the API server and the informers. */
export function createClients(
  { namespace, log, version }: OperatorOptions,
  { clock, random, identity, clientOf }: Dependencies,
  metrics: OperatorMetrics,
) {
  const outages = new OutageLog(clock, log);
  const onResponse = (result: RequestResult) => {
    metrics.kube.onResponse(result);
    outages.onResponse(result);
  };
  const onError = ({ message, cause }: BackgroundError) =>
    log[outages.suppresses(cause) ? 'debug' : 'warn'](sanitize(message, 2048));
  const userAgent = userAgentOf(COMPONENT, version);
  const client = clientOf({ userAgent, onResponse });
  const informerOptions = { client, clock, random, onError, observer: metrics.kube };
  return {
    client,
    clientWithTimeout: (timeoutMs: number) => clientOf({ timeoutMs, userAgent, onResponse }),
    events: new EventRecorder({
      client,
      clock,
      random,
      onError,
      onResult: (result) => metrics.kube.onEvent(result),
      instance: identity,
    }),
    informers: {
      policies: new Informer<PolicyObject>({
        ...informerOptions,
        resource: POLICIES,
        namespace,
        transform: addAuthors,
      }),
      fleets: new Informer<FleetObject>({ ...informerOptions, resource: FLEETS }),
      namespaces: new Informer<KubeObject>({ ...informerOptions, resource: NAMESPACES }),
    },
    outages,
    onError,
  };
}
