import type { Logger } from 'pino';
import type { ApiClient, ApiRequest } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import { PROVIDERS, type ProviderObject } from '../../../src/kube/resources.ts';
import { StatusWriter } from '../../../src/kube/statusWriter.ts';
import type { DeliveryResult } from '../../../src/notifications/deliveryRecords.ts';
import type { ReceiverRequest } from '../../../src/notifications/message.ts';
import type { Notice } from '../../../src/notifications/notices.ts';
import { selectsNotice } from '../../../src/notifications/selection.ts';
import {
  ProviderReconciler,
  type ProviderReconcilerOptions,
} from '../../../src/operator/notifications/providerReconciler.ts';
import type { ProviderType } from '../../../src/policy/notificationProvider.ts';
import { VirtualClock } from '../../fakes/clock.ts';

const SILENT = { info: () => {}, warn: () => {}, debug: () => {} } as unknown as Logger;

/** One provider in an API server that rejects a write to an earlier version, and its receiver. */
export class ProviderCluster {
  readonly clock = new VirtualClock();
  readonly sent: ReceiverRequest[] = [];
  readonly events: string[] = [];
  readonly results: string[] = [];
  notices: Notice[] = [];
  result: DeliveryResult = { kind: 'Accepted' };
  /** Called before each write. Throws to reject the write. */
  beforeWrite: (status: object) => void = () => {};
  /** Called after each write. Throws to lose the response. */
  afterWrite: () => void = () => {};
  mayAct = true;
  /** Duration of each request to the API server. */
  latencyMs = 0;
  secret: Readonly<Record<string, string>> | undefined = {
    address: btoa('https://example.com/s3cret'),
    token: btoa('key'),
  };
  object: ProviderObject;

  constructor(type: ProviderType, spec: object = {}) {
    this.object = {
      metadata: {
        name: 'desktops',
        uid: 'uid-provider',
        generation: 1,
        resourceVersion: '1',
        creationTimestamp: '2020-01-01T00:00:00Z',
      },
      status: { observedGeneration: -1 },
      spec: {
        type,
        secretRef: { name: 'slack' },
        events: ['PlanAwaitingApproval'],
        namespaces: { from: 'All' },
        ...spec,
      },
    } as ProviderObject;
  }

  /** Returns the reconciler of a new process. */
  process(overrides: Partial<ProviderReconcilerOptions> = {}): ProviderReconciler {
    const cluster = this;
    const client = {
      request: async <T>(request: ApiRequest): Promise<T> => {
        await this.clock.sleep(this.latencyMs);
        return this.#respond(request) as T;
      },
    } as ApiClient;
    return new ProviderReconciler({
      client,
      writer: new StatusWriter<ProviderObject>({ client, resource: PROVIDERS }),
      namespace: 'wsap-system',
      lease: {
        get mayAct() {
          return cluster.mayAct;
        },
        isHeld: true,
      },
      notifier: {
        send: async (_, request) => {
          cluster.sent.push(request);
          return cluster.result;
        },
      },
      notices: () => cluster.notices,
      selects: (provider, notice, now) => selectsNotice(provider, notice, {}, now),
      isOwnNamespace: () => true,
      events: { record: (_, __, reason) => void cluster.events.push(reason) },
      metrics: { onResult: (_, events, result) => void cluster.results.push(`${events.length} ${result}`) },
      clock: this.clock,
      log: SILENT,
      ...overrides,
    });
  }

  /** Responds like the API server: a write to an earlier version is a conflict. */
  #respond(request: ApiRequest): unknown {
    const { resource, verb, body } = request;
    if (resource.kind === 'Secret') {
      if (this.secret === undefined) {
        throw new ApiError(request, { code: 404, text: 'not found' });
      }
      return { data: this.secret };
    }
    if (verb === 'get') {
      return this.object;
    }
    const { metadata, status } = body as Pick<ProviderObject, 'metadata' | 'status'>;
    this.beforeWrite(status ?? {});
    if (metadata.resourceVersion !== this.object.metadata.resourceVersion) {
      throw new ApiError(request, { code: 409, text: 'conflict' });
    }
    const resourceVersion = String(Number(metadata.resourceVersion) + 1);
    this.object = structuredClone({
      ...this.object,
      metadata: { ...this.object.metadata, resourceVersion },
      status,
    }) as ProviderObject;
    this.afterWrite();
    return this.object;
  }

  /** Changes fields of the spec. */
  edit(spec: object): void {
    const { metadata } = this.object;
    this.object = {
      ...this.object,
      metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
      spec: { ...(this.object as { readonly spec?: object }).spec, ...spec },
    } as ProviderObject;
  }

  /** Sets the annotation that requests a test message. */
  requestTest(requestedAt: string): void {
    const annotations = { 'wsap.dev/test-requested-at': requestedAt };
    this.object = { ...this.object, metadata: { ...this.object.metadata, annotations } };
  }

  /** Returns the states of the recorded notifications. */
  states(): string[] {
    return (this.object.status?.notifications ?? []).map(({ state }) => state);
  }

  /** Returns the Ready condition as `status reason`. */
  ready(): string {
    const ready = this.object.status?.conditions?.find(({ type }) => type === 'Ready');
    return `${ready?.status} ${ready?.reason}`;
  }
}
