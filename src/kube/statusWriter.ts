import { type ApiClient, type ApiRequest, COMPONENT, PATCH } from './apiClient.ts';
import { ApiError } from './apiError.ts';
import { removalOf } from './removal.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta, type Resource } from './resource.ts';

/** Maximum number of attempts while the object keeps changing, as in client-go's retry.DefaultRetry. */
const MAX_ATTEMPTS = 5;

export interface StatusWriterOptions {
  readonly client: ApiClient;
  readonly resource: Resource;
  readonly fieldManager?: string;
}

/** Object that a status was computed for. Its UID prevents writing the status to a later object of the same name. */
export type StatusTarget = Pick<ObjectMeta, 'name' | 'namespace' | 'uid' | 'resourceVersion'>;

export interface ApplyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly mayWrite?: (() => boolean) | undefined;
  /** Maximum number of attempts while the object keeps changing. With 1, a change by someone else is a conflict. Defaults to 5. */
  readonly maxAttempts?: number;
}

/** Writes the whole status of objects by server-side apply to the status subresource. */
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
   * Applies the whole status. Fields that it omits are removed, also those of other managers, for example, of a tool that
   * restored a backup. Never creates an object. Resolves with the written object, `NotFound` if it was deleted or
   * replaced, or `GivenUp` if `mayWrite`, which is checked before each attempt, returns false. Rejects with ApiError.
   *
   * The status subresource of a custom resource ignores the UID in an applied object (observed with Kubernetes 1.37)
   * but checks its resourceVersion, which is unique across objects. After a conflict, the object is read again and its
   * UID compared.
   */
  async apply(
    target: StatusTarget,
    status: object,
    { signal, mayWrite = () => true, maxAttempts = MAX_ATTEMPTS }: ApplyOptions = {},
  ): Promise<T | 'NotFound' | 'GivenUp'> {
    const { name, namespace, uid } = target;
    if (uid === undefined) {
      throw new TypeError(`${this.#resource.kind} ${name} has no UID; read it from the API server first`);
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
          const patch = { ...object, verb: 'patch', subresource: 'status' } as const;
          return await this.#removeOthers(patch, await this.#patch(patch, resourceVersion, status), status);
        } catch (error) {
          if (!hasCode(error, 409) || attempt === maxAttempts) {
            throw error;
          }
        }
      }
    } catch (error) {
      // A 404 without an object name means that the resource isn't served. It says nothing about the object.
      if (hasCode(error, 404) && error.objectName === name) {
        return 'NotFound';
      }
      throw error;
    }
  }

  #patch(patch: ApiRequest, resourceVersion: string | undefined, status: object): Promise<T> {
    const { name, namespace } = patch;
    return this.#client.request<T>({
      ...patch,
      query: { fieldManager: this.#fieldManager, force: 'true' },
      contentType: PATCH.apply,
      // JSON is valid YAML.
      body: {
        apiVersion: apiVersionOf(this.#resource),
        kind: this.#resource.kind,
        metadata: { name, namespace, resourceVersion },
        status,
      },
    });
  }

  /**
   * Removes the fields that other managers own, because server-side apply keeps them. Never fails: the status is written, and the next write
   * removes them.
   */
  async #removeOthers(patch: ApiRequest, written: T & { readonly status?: object }, status: object): Promise<T> {
    const removal = removalOf(written.status ?? {}, status);
    if (removal === undefined) {
      return written;
    }
    const { resourceVersion } = written.metadata;
    const body = { metadata: { resourceVersion }, status: removal };
    try {
      const query = { fieldManager: this.#fieldManager };
      return await this.#client.request<T>({ ...patch, query, contentType: PATCH.merge, body });
    } catch {
      return written;
    }
  }
}

function hasCode(error: unknown, code: number): error is ApiError {
  return error instanceof ApiError && error.code === code;
}
