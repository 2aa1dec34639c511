import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { sanitize } from '../sanitize.ts';
import type { BindAddress } from './http/bindAddress.ts';
import { type Check, healthPage } from './http/health.ts';
import { Listener, type Page, type Pages } from './http/listener.ts';

export interface EndpointsOptions {
  /** Undefined: served nowhere; and so with the next. */
  readonly metricsBindAddress: BindAddress | undefined;
  readonly healthProbeBindAddress: BindAddress | undefined;
  readonly registry: Registry;
  /** What has to hold for the process to do its work. */
  readonly readiness: readonly Check[];
  /** What has to hold for it not to be started anew. */
  readonly liveness: readonly Check[];
  readonly log: Logger;
}

/** Serves metrics and probes until it is disposed of. Rejects if one of the addresses can't be listened on. */
export async function serveEndpoints(options: EndpointsOptions): Promise<AsyncDisposable> {
  const { metricsBindAddress, healthProbeBindAddress, registry, readiness, liveness, log } = options;
  const listeners: Listener[] = [];
  const open = async (what: string, flag: string, address: BindAddress | undefined, pages: Pages) => {
    if (address === undefined) {
      return;
    }
    try {
      const onError = ({ message }: Error) =>
        log.warn({ error: sanitize(message, 1024) }, `${what}: a connection failed`);
      const listener = await Listener.open(address, pages, onError);
      listeners.push(listener);
      log.info({ address: listener.address }, `${what} served`);
    } catch (error) {
      throw new Error(`${flag}: ${(error as Error).message}`);
    }
  };
  const alive = healthPage('livez', liveness);
  await open('metrics', '--metrics-bind-address', metricsBindAddress, { '/metrics': metricsPage(registry) });
  await open('probes', '--health-probe-bind-address', healthProbeBindAddress, {
    '/livez': alive,
    '/healthz': alive,
    '/readyz': healthPage('readyz', readiness),
  });
  return { [Symbol.asyncDispose]: async () => void (await Promise.all(listeners.map((one) => one.close()))) };
}

/** Scrapes that come while one is under way get the same answer. */
function metricsPage(registry: Registry): () => Promise<Page> {
  let underWay: Promise<string> | undefined;
  return async () => {
    underWay ??= registry.metrics().finally(() => {
      underWay = undefined;
    });
    return { status: 200, contentType: registry.contentType, body: await underWay };
  };
}
