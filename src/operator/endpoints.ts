import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { sanitize } from '../sanitize.ts';
import type { BindAddress } from './http/bindAddress.ts';
import { type Check, healthPage } from './http/health.ts';
import { Listener, type Page, type Pages } from './http/listener.ts';

export interface EndpointsOptions {
  /** Addresses of metrics and probes. Undefined to serve none. */
  readonly metricsBindAddress: BindAddress | undefined;
  readonly healthProbeBindAddress: BindAddress | undefined;
  readonly registry: Registry;
  /** Conditions for receiving work. */
  readonly readiness: readonly Check[];
  /** Conditions for not being restarted. */
  readonly liveness: readonly Check[];
  readonly log: Logger;
}

/** Serves metrics and probes until disposed. Rejects if it can't listen on an address. */
export async function serveEndpoints(options: EndpointsOptions): Promise<AsyncDisposable> {
  const { metricsBindAddress, healthProbeBindAddress, registry, readiness, liveness, log } = options;
  const listeners: Listener[] = [];
  const open = async (content: string, flag: string, address: BindAddress | undefined, pages: Pages) => {
    if (address === undefined) {
      return;
    }
    try {
      const onError = ({ message }: Error) =>
        log.warn({ error: sanitize(message, 1024) }, `${content}: a connection failed`);
      const listener = await Listener.open(address, pages, onError);
      listeners.push(listener);
      log.info({ address: listener.address }, `${content} served`);
    } catch (error) {
      throw new Error(`${flag}: ${(error as Error).message}`);
    }
  };
  const livenessPage = healthPage('livez', liveness);
  await open('metrics', '--metrics-bind-address', metricsBindAddress, { '/metrics': metricsPage(registry) });
  await open('probes', '--health-probe-bind-address', healthProbeBindAddress, {
    '/livez': livenessPage,
    '/healthz': livenessPage,
    '/readyz': healthPage('readyz', readiness),
  });
  return { [Symbol.asyncDispose]: async () => void (await Promise.all(listeners.map((listener) => listener.close()))) };
}

/** Returns the metrics page. Concurrent scrapes share one result. */
function metricsPage(registry: Registry): () => Promise<Page> {
  let pending: Promise<string> | undefined;
  return async () => {
    pending ??= registry.metrics().finally(() => {
      pending = undefined;
    });
    return { status: 200, contentType: registry.contentType, body: await pending };
  };
}
