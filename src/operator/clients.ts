import type { RequestResult } from '../kube/apiClient.ts';
import type { BackgroundError } from '../kube/backgroundError.ts';
import { EventRecorder } from '../kube/events.ts';
import { Informer } from '../kube/informer.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { KubeObject } from '../kube/resource.ts';
import { FLEETS, type FleetObject, NAMESPACES, POLICIES, type PolicyObject } from '../kube/resources.ts';
import { sanitize } from '../sanitize.ts';
import { OutageLog } from './apiServerOutage.ts';
import type { Dependencies } from './dependencies.ts';
import type { OperatorMetrics } from './metrics/operatorMetrics.ts';
import type { OperatorOptions } from './options.ts';

/** Clients of the API server, informers, and work queues of an operator. */
export type OperatorClients = ReturnType<typeof createClients>;

/** Creates the clients of the API server, the informers, and the work queues. */
export function createClients(
  { namespace, log }: OperatorOptions,
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
  const client = clientOf({ onResponse });
  const informerOptions = { client, clock, random, onError, observer: metrics.kube };
  return {
    client,
    clientWithTimeout: (timeoutMs: number) => clientOf({ timeoutMs, onResponse }),
    events: new EventRecorder({
      client,
      clock,
      random,
      onError,
      onResult: (result) => metrics.kube.onEvent(result),
      instance: identity,
    }),
    informers: {
      policies: new Informer<PolicyObject>({ ...informerOptions, resource: POLICIES, namespace }),
      fleets: new Informer<FleetObject>({ ...informerOptions, resource: FLEETS }),
      namespaces: new Informer<KubeObject>({ ...informerOptions, resource: NAMESPACES }),
    },
    queues: {
      policy: new WorkQueue({ clock, random, observer: metrics.queues.observe('policy') }),
      fleet: new WorkQueue({ clock, random, observer: metrics.queues.observe('fleet') }),
    },
    outages,
    onError,
  };
}
