import { type ApiClient, type ApiRequest, PATCH } from './apiClient.ts';
import { ApiError } from './apiError.ts';
import { COMPONENT } from './identity.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta, type Resource } from './resource.ts';

/** How often a status is tried against an object that changes meanwhile, as in client-go's retry.DefaultRetry. */
const ATTEMPTS = 5;

export interface StatusWriterOptions {
  readonly client: ApiClient;
  readonly resource: Resource;
  readonly fieldManager?: string;
}

/** The object that a status was computed for, as it was read: its uid keeps the status off a later object of the same name. */
export type StatusTarget = Pick<ObjectMeta, 'name' | 'namespace' | 'uid' | 'resourceVersion'>;

export interface ApplyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly mayWrite?: (() => boolean) | undefined;
}

/** Writes the whole status of objects of one resource by server-side apply on their status subresource. */
export class StatusWriter<T extends KubeObject> {
  readonly #client: ApiClient;
  readonly #resource: Resource;
  readonly #fieldManager: string;

  constructor({ client, resource, fieldManager = COMPONENT }: StatusWriterOptions) {
    this.#client = client;
    this.#resource = resource;
    this.#fieldManager = fieldManager;
  }

  /**
   * Makes `status` the object's status: fields that an earlier call set and this one leaves out are removed, and fields that somebody
   * else claimed are taken. Answers with the object as written, NotFound when it is gone or was replaced by another of its name, or
   * GivenUp once `mayWrite`, which is asked before each attempt, says no; nothing is ever created. Rejects with ApiError.
   *
   * The status subresource of a custom resource ignores a uid in what is applied (seen with Kubernetes 1.37), and heeds a
   * resourceVersion, which no two objects share. So that is the precondition, and an object that has changed is read again, and its
   * uid compared, before another attempt.
   */
  async apply(
    target: StatusTarget,
    status: object,
    { signal, mayWrite = () => true }: ApplyOptions = {},
  ): Promise<T | 'NotFound' | 'GivenUp'> {
    const { name, namespace, uid } = target;
    if (uid === undefined) {
      throw new TypeError(`${this.#resource.kind} ${name} has no uid: it wasn't read from an API server`);
    }
    const object = { resource: this.#resource, namespace, name, signal };
    let { resourceVersion } = target;
    try {
      for (let attempt = 1; ; attempt++) {
        if (attempt > 1 || resourceVersion === undefined) {
          const current = await this.#client.request<KubeObject>({ ...object, verb: 'get' });
          if (current.metadata.uid !== uid) {
            return 'NotFound';
          }
          resourceVersion = current.metadata.resourceVersion;
        }
        if (!mayWrite()) {
          return 'GivenUp';
        }
        try {
          return await this.#patch({ ...object, verb: 'patch' }, resourceVersion, status);
        } catch (error) {
          if (!hasCode(error, 409) || attempt === ATTEMPTS) {
            throw error;
          }
        }
      }
    } catch (error) {
      // A 404 that names no object says that the resource isn't served, which is no news of the object.
      if (hasCode(error, 404) && error.objectName === name) {
        return 'NotFound';
      }
      throw error;
    }
  }

  #patch(object: ApiRequest, resourceVersion: string | undefined, status: object): Promise<T> {
    const { name, namespace } = object;
    return this.#client.request<T>({
      ...object,
      subresource: 'status',
      query: { fieldManager: this.#fieldManager, force: 'true' },
      contentType: PATCH.apply,
      // JSON is YAML.
      body: {
        apiVersion: apiVersionOf(this.#resource),
        kind: this.#resource.kind,
        metadata: { name, namespace, resourceVersion },
        status,
      },
    });
  }
}

function hasCode(error: unknown, code: number): error is ApiError {
  return error instanceof ApiError && error.code === code;
}
