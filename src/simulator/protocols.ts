import { cbor, tag } from '@smithy/core/cbor';
import type { ServiceError } from './errors.ts';
import { isOperation, operationNamed, servicePrefix, shapeNamed } from './model.ts';
import { isObject, type JsonObject } from './validate.ts';
import { errorBody, failure, success, type WireResponse } from './wireResponse.ts';

/** Wire format of requests and responses. */
export interface Protocol {
  /** Returns the input of a request, or undefined if it is invalid. An empty body counts as an empty structure. */
  readonly decode: (body: Uint8Array) => unknown;
  readonly success: (operation: string, output: JsonObject) => WireResponse;
  readonly failure: (error: ServiceError, operation: string) => WireResponse;
}

/** AWS JSON 1.1. Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export const AWS_JSON_1_1: Protocol = {
  decode: (body) => attempt(() => (body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString('utf8')))),
  success: (_, output) => success(output),
  failure,
};

/** Smithy RPC v2 CBOR, with the codec of the AWS SDK for JavaScript, which depends on it anyway. Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
export const RPC_V2_CBOR: Protocol = {
  decode: (body) => attempt(() => (body.length === 0 ? {} : cbor.deserialize(body))),
  success: (operation, output) => {
    const shape = isOperation(operation) ? operationNamed(operation).output : undefined;
    return cborResponse(200, shape === undefined ? output : withTags(shape, output));
  },
  failure: (error, operation) =>
    cborResponse(error.status, { ...errorBody(error), __type: `${namespaceOf(operation)}#${error.type}` }),
};

/** Path of an operation in Smithy RPC v2: `/service/{service}/operation/{operation}`. */
const RPC_V2_PATH = /^\/service\/([^/]+)\/operation\/([^/]+)$/;

/** Returns the operation of a Smithy RPC v2 path, or undefined for another path or service. */
export function operationOfPath(path: string): string | undefined {
  const [, service, operation = ''] = RPC_V2_PATH.exec(path) ?? [];
  const expected = isOperation(operation) ? servicePrefix(operation) : service;
  return service !== undefined && service === expected ? operation : undefined;
}

function attempt(decode: () => unknown): unknown {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function cborResponse(status: number, value: unknown): WireResponse {
  return { kind: 'binary', status, contentType: 'application/cbor', body: cbor.serialize(value) };
}

/** Returns the Smithy namespace of an operation's exceptions. */
function namespaceOf(operation: string): string {
  return operation === 'GetResources' ? 'com.amazonaws.resourcegroupstaggingapi' : 'com.amazonaws.workspaces';
}

/** Returns an output in which each timestamp has the tag of CBOR for epoch seconds. */
function withTags(shapeName: string, value: unknown): unknown {
  const shape = shapeNamed(shapeName);
  if (shape.type === 'timestamp') {
    return tag({ tag: 1, value });
  }
  if (shape.type === 'list' && Array.isArray(value)) {
    return value.map((item) => withTags(shape.member ?? '', item));
  }
  if (shape.type !== 'structure' || !isObject(value)) {
    return value;
  }
  const entries = Object.entries(value).map(([name, member]) => {
    const memberShape = shape.members?.[name];
    return [name, memberShape === undefined ? member : withTags(memberShape, member)];
  });
  return Object.fromEntries(entries);
}
