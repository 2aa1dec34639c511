import type { WorkSpacesClient } from '@aws-sdk/client-workspaces';

/** Members with a time in responses of the WorkSpaces API. */
const TIMES: ReadonlySet<string> = new Set([
  'Created',
  'LastUpdatedTime',
  'ConnectionStateCheckTimestamp',
  'LastKnownUserConnectionTimestamp',
  'RecoverySnapshotTime',
]);
/** Number that the SDK parses as an invalid time, in seconds. */
const INVALID_TIME = 1e300;

/**
 * Makes a client return an invalid time where a response contains a value that is not a time. The SDK would otherwise reject the whole
 * response because of a single item.
 */
export function tolerateInvalidTimes(client: WorkSpacesClient): WorkSpacesClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode?: number; body?: unknown };
      if (response.statusCode === 200 && isByteStream(response.body)) {
        response.body = withValidTimes(await bytesOf(response.body));
      }
      return result;
    },
    // Runs between the handler and the deserializer.
    { step: 'deserialize', priority: 'low', name: 'tolerateInvalidTimes' },
  );
  return client;
}

function isByteStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function withValidTimes(body: Buffer): Buffer {
  let isChanged = false;
  try {
    const parsed: unknown = JSON.parse(body.toString(), (name, value: unknown) => {
      if (!TIMES.has(name) || value === null || isTime(value)) {
        return value;
      }
      isChanged = true;
      return INVALID_TIME;
    });
    return isChanged ? Buffer.from(JSON.stringify(parsed)) : body;
  } catch {
    // The SDK reports what is wrong with the body.
    return body;
  }
}

/** Whether the SDK parses a value as a time: seconds since the epoch, also as text. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value !== '' && Number.isFinite(Number(value)));
}
