import { describe, expect, test, vi } from 'vitest';
import { FleetError } from '../../src/fleet/errors.ts';
import type { CallRecorder, FleetWriter } from '../../src/fleet/ports.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { APPLICATION, failureOf, startFleet, WORKSPACE } from './harness.ts';
import { exception, html, ok, type Reply } from './server.ts';

const throttling = exception('ThrottlingException', 'Rate exceeded');
const empty = ok({ Associations: [] });
/** Returns timeouts that suffice on a busy machine. Tests that wait for a timeout run concurrently. */
const timeoutsFor = (reply: Reply) => ({
  connection: 10_000,
  request: reply === 'silence' || reply === 'stall' ? 700 : 10_000,
});

const changes = {
  disassociate: (fleet: FleetWriter) => fleet.disassociateWorkspaceApplication(WORKSPACE, APPLICATION),
  deploy: (fleet: FleetWriter) => fleet.deployWorkspaceApplications(WORKSPACE, { force: false }),
};

/** Responses that aren't from AWS, or none: the result of a change is unknown after them. */
const unusable: [string, Reply][] = [
  ['500', exception('InternalServerException', 'internal error', 500)],
  ['503', exception('ServiceUnavailable', 'try later', 503)],
  ['502 with HTML', html(502)],
  ['200 with HTML', html(200)],
  ['200 with half a body', ok('{"Associations":[{"Asso')],
  ['a reset connection', 'reset'],
  ['no response in time', 'silence'],
  ['a response that never ends', 'stall'],
];

describe('a read', () => {
  test.concurrent.each(unusable)('is repeated after %s, and succeeds', async (_, reply) => {
    await using harness = await startFleet([reply, reply, empty], { timeouts: timeoutsFor(reply) });
    await expect(harness.fleet.describeWorkspaceAssociations(WORKSPACE)).resolves.toEqual([]);
    expect(harness.server.received).toHaveLength(3);
  });

  test.concurrent.each(unusable)('ends as Unavailable when %s lasts', async (_, reply) => {
    await using harness = await startFleet([reply], { timeouts: timeoutsFor(reply) });
    const error = await failureOf(harness.fleet.describeWorkspaceAssociations(WORKSPACE));
    expect(error.kind).toBe('Unavailable');
    expect(error.details.resource).toBe(WORKSPACE);
    expect(harness.server.received).toHaveLength(3);
  });

  test.each([
    ['AccessDeniedException', 'AccessDenied'],
    ['InvalidParameterValuesException', 'InvalidParameterValues'],
    ['OperationNotSupportedException', 'OperationNotSupported'],
    ['ResourceInUseException', 'ResourceInUse'],
    ['ResourceNotFoundException', 'ResourceNotFound'],
    ['ExpiredTokenException', 'Unauthenticated'],
  ])("isn't repeated after %s", async (name, kind) => {
    await using harness = await startFleet([exception(name)]);
    const { details } = await failureOf(harness.fleet.describeWorkspaceAssociations(WORKSPACE));
    expect(details).toMatchObject({ kind, httpStatus: 400, requestId: '3f0c9e8a-0000-4000-8000-000000000001' });
    expect(harness.server.received).toHaveLength(1);
  });

  test('is repeated with the time of AWS if the local clock is wrong', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const refusal = { ...exception('InvalidSignatureException', 'Signature expired', 403), headers: { date } };
    await using harness = await startFleet([refusal, empty]);
    await expect(harness.fleet.describeWorkspaceAssociations(WORKSPACE)).resolves.toEqual([]);
    const [first, second] = harness.server.received.map(({ headers }) => String(headers['x-amz-date']));
    expect(second?.slice(0, 13)).not.toBe(first?.slice(0, 13));
  });
});

describe.each(Object.entries(changes))('a change (%s)', (_, change) => {
  test.concurrent.each(unusable)('is sent exactly once when it gets %s', async (_, reply) => {
    await using harness = await startFleet([reply], { timeouts: timeoutsFor(reply) });
    const error = await failureOf(change(harness.fleet));
    expect(error.kind).toBe('Unavailable');
    expect(harness.server.received).toHaveLength(1);
  });

  test.each<[string, Reply]>([
    ['an empty body', { body: '', requestId: undefined }],
    ['garbage', ok({ Association: [], Deployment: 'x' })],
  ])('is Unavailable if its response is %s, because the result is unknown', async (_, reply) => {
    await using harness = await startFleet([reply]);
    const error = await failureOf(change(harness.fleet));
    expect(error.kind).toBe('Unavailable');
    expect(harness.server.received).toHaveLength(1);
  });

  test('is repeated while it is throttled, because AWS did nothing', async () => {
    await using harness = await startFleet([throttling, throttling, ok({})]);
    await change(harness.fleet);
    expect(harness.server.received).toHaveLength(3);
  });

  test("isn't sent if its precondition doesn't hold", async () => {
    await using harness = await startFleet([ok({})]);
    const call = harness.fleet.disassociateWorkspaceApplication('ws-00000001', 'wsa-00000001', () => false);
    expect((await failureOf(call)).details).toMatchObject({
      kind: 'Canceled',
      reason: 'canceled because a precondition of the change no longer holds',
    });
    expect(harness.server.received).toEqual([]);
  });

  test("isn't repeated after its precondition ends, and fails as Throttled", async () => {
    let isPermitted = true;
    const clock = new VirtualClock();
    await using harness = await startFleet([throttling, ok({})], { clock });
    const call = harness.fleet.disassociateWorkspaceApplication('ws-00000001', 'wsa-00000001', () => isPermitted);
    const failure = failureOf(call);
    await vi.waitFor(() => expect(harness.rateLimiter.waiting).toBe(1), { timeout: 30_000 });
    isPermitted = false;
    await clock.advance(60_000);
    expect((await failure).kind).toBe('Throttled');
    expect(harness.server.received).toHaveLength(1);
  });
});

describe('a recorded change', () => {
  const send = (fleet: FleetWriter, recorder: CallRecorder, precondition = () => true) =>
    fleet.disassociateWorkspaceApplication(WORKSPACE, APPLICATION, precondition, recorder);

  test('is recorded once before it is sent, and with the request ID of each response', async () => {
    await using harness = await startFleet([throttling, ok({})]);
    const recorded: string[] = [];
    await send(harness.fleet, {
      beforeSend: async () => void recorded.push(`before, ${harness.server.received.length} sent`),
      onResponse: (requestID) => void recorded.push(requestID),
    });
    const id = '3f0c9e8a-0000-4000-8000-000000000001';
    expect(recorded).toEqual(['before, 0 sent', id, id]);
  });

  test('has the request ID of a response that is invalid', async () => {
    await using harness = await startFleet([ok({ Association: [] })]);
    const recorded: string[] = [];
    const recorder = { beforeSend: async () => {}, onResponse: (requestID: string) => void recorded.push(requestID) };
    expect((await failureOf(send(harness.fleet, recorder))).kind).toBe('Unavailable');
    expect(new Set(recorded).size).toBe(1);
  });

  test('is not sent if it cannot be recorded', async () => {
    await using harness = await startFleet([ok({})]);
    const error = new FleetError({
      kind: 'AuditLogUnavailable',
      operation: 'RecordChange',
      reason: 'the disk is full',
    });
    const recorder = { beforeSend: () => Promise.reject(error), onResponse: () => {} };
    expect(await failureOf(send(harness.fleet, recorder))).toBe(error);
    expect(harness.server.received).toEqual([]);
  });

  test('is not sent if its precondition ends while it is recorded', async () => {
    await using harness = await startFleet([ok({})]);
    let isPermitted = true;
    const recorder = {
      beforeSend: async () => {
        isPermitted = false;
      },
      onResponse: () => {},
    };
    const failure = await failureOf(send(harness.fleet, recorder, () => isPermitted));
    expect(failure.kind).toBe('Canceled');
    expect(harness.server.received).toEqual([]);
  });
});
