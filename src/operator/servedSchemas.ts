import type { Clock } from '../clock.ts';
import type { ApiClient } from '../kube/apiClient.ts';
import { ApiError } from '../kube/apiError.ts';
import { apiVersionOf, type Resource } from '../kube/resource.ts';
import { FLEETS, POLICIES } from '../kube/resources.ts';
import type { Kind } from '../policy/schema.ts';
import type { ServedSchema } from '../policy/unknownFields.ts';

export type ServedSchemasByKind = Readonly<Partial<Record<Kind, ServedSchema>>>;

/** The parts of an OpenAPI document that contain the schemas of resources. */
interface OpenApi {
  readonly components?: {
    readonly schemas?: Readonly<
      Record<string, ServedSchema & { readonly 'x-kubernetes-group-version-kind'?: readonly { kind?: string }[] }>
    >;
  };
}

/** Path of the OpenAPI v3 document. The API server lets all authenticated clients read it, so it requires no RBAC rule. */
const PATH = `/openapi/v3/apis/${apiVersionOf(POLICIES)}`;

/** Returns the schemas of policies and fleets that the API server serves. Rejects with ApiError. */
export async function readServedSchemas(
  client: Pick<ApiClient, 'request'>,
  signal: AbortSignal,
): Promise<ServedSchemasByKind> {
  const document = await client.request<OpenApi>({ verb: 'get', resource: POLICIES, path: PATH, signal });
  const schemas = Object.values(document.components?.schemas ?? {});
  const schemaOf = ({ kind }: Resource) =>
    schemas.find((schema) => schema['x-kubernetes-group-version-kind']?.some((one) => one.kind === kind));
  return { WorkspaceApplicationPolicy: schemaOf(POLICIES), WorkspaceFleet: schemaOf(FLEETS) } as ServedSchemasByKind;
}

/** Source of the schemas that the cluster serves. */
export interface SchemaSource {
  /** Returns the schema of a kind. Undefined if it isn't known. */
  get(kind: Kind): ServedSchema | undefined;
  /** Reads the schemas again if that is due. Never rejects with an ApiError. */
  refresh(): Promise<void>;
}

/** Source without schemas: every unknown field counts as set by a user. */
export const NO_SCHEMAS: SchemaSource = { get: () => undefined, refresh: () => Promise.resolve() };

export interface ServedSchemasOptions {
  readonly client: Pick<ApiClient, 'request'>;
  readonly clock: Clock;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** Minimum time between two reads, in milliseconds. */
const MIN_INTERVAL_MS = 5_000;

/** Schemas that the API server serves, read when a resource has a field that this version doesn't know. */
export class ServedSchemas implements SchemaSource {
  readonly #options: ServedSchemasOptions;
  readonly #listeners: (() => void)[] = [];
  #schemas: ServedSchemasByKind = {};
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> = Promise.resolve();
  #isReading = false;
  #error: ApiError | undefined;

  constructor(options: ServedSchemasOptions) {
    this.#options = options;
  }

  /** Calls a listener after the schemas were read. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Returns the schema of a kind as it was last read. Undefined before the first read. */
  get(kind: Kind): ServedSchema | undefined {
    return this.#schemas[kind];
  }

  /** Error of the last read. Undefined if it succeeded. */
  get error(): ApiError | undefined {
    return this.#error;
  }

  /** Reads the schemas again, unless they were just read. Resolves when no read is in progress, also if it failed. */
  refresh(): Promise<void> {
    if (!this.#isReading && this.#options.clock.monotonic() - this.#readAt >= MIN_INTERVAL_MS) {
      this.#isReading = true;
      this.#reading = this.#read().finally(() => {
        this.#isReading = false;
      });
    }
    return this.#reading;
  }

  /** Resolves when no read is in progress. */
  settled(): Promise<void> {
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { client, clock, stopping } = this.#options;
    try {
      this.#schemas = await readServedSchemas(client, stopping);
      this.#error = undefined;
      for (const listener of this.#listeners) {
        listener();
      }
    } catch (error) {
      if (!stopping.aborted && !(error instanceof ApiError)) {
        throw error;
      }
      this.#error = error instanceof ApiError ? error : undefined;
    }
    this.#readAt = clock.monotonic();
  }
}
