import { association, OFFICE, PROJECT, policyObject, VISIO, ws } from '../builders.ts';
import { fakeFleet } from '../fakeOperator.ts';
import { EventfulOperator } from '../operator/eventbridge/eventfulOperator.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START_TIMEOUT_MS = 12 * HOUR;

/**
 * Starts an operator whose policy reads everything: it allows two applications, which each WorkSpace has, and removes all others. Resolves
 * after the first inventory.
 */
async function start(workspaces: number, hasEvents: boolean): Promise<EventfulOperator> {
  const allowed = [{ id: OFFICE }, { id: PROJECT }];
  const associations = Array.from({ length: workspaces }, (_, n) =>
    allowed.map(({ id }) => association(ws(n + 1), id)),
  ).flat();
  const policy = policyObject('no-visio', { applications: { allowed, unlisted: 'Disassociate' } });
  const operator = new EventfulOperator(fakeFleet(workspaces, associations), { hasEvents, policies: [policy] });
  await operator.until(() => operator.policyStatus()?.compliance !== undefined, START_TIMEOUT_MS, 10 * SECOND);
  await operator.advance(MINUTE, 10 * SECOND);
  if (hasEvents) {
    await operator.proveEvents(10 * SECOND);
  }
  return operator;
}

/** Measures the calls of the WorkSpaces API per hour while nothing changes, within a day after the first inventory. */
export async function measureRestWithEvents(workspaces: number, hasEvents: boolean) {
  const operator = await start(workspaces, hasEvents);
  const calls = await operator.callsDuring(24 * HOUR, 10 * MINUTE);
  operator.runtime.close();
  return { callsPerHour: calls / 24 };
}

/**
 * Measures the time from an installation by hand until its disassociation, in seconds. AWS delivers the event one second after the call.
 *
 * @param count number of installations, each on another WorkSpace
 * @param everyMs time between two of them
 */
export async function measureDrift(workspaces: number, hasEvents: boolean, count: number, everyMs: number) {
  const operator = await start(workspaces, hasEvents);
  const { fleet, clock } = operator;
  const installedAt = new Map<string, number>();
  const delays: number[] = [];
  let seen = 0;
  const collect = () => {
    const { mutations } = fleet;
    for (const { method, workspaceID = '' } of mutations.slice(seen)) {
      const since = installedAt.get(workspaceID);
      if (method === 'disassociateWorkspaceApplication' && since !== undefined) {
        delays.push(clock.monotonic() - since);
      }
    }
    seen = mutations.length;
  };
  let nextAt = clock.monotonic();
  for (let n = 0; delays.length < count; ) {
    if (n < count && clock.monotonic() >= nextAt) {
      const id = ws(1 + Math.floor((n * workspaces) / count));
      fleet.put(association(id, VISIO));
      installedAt.set(id, clock.monotonic());
      if (hasEvents) {
        operator.emit('AssociateWorkspaceApplication', [id]);
      }
      nextAt += everyMs;
      n++;
    }
    await operator.advance(hasEvents ? 500 : 30 * SECOND, hasEvents ? 500 : 30 * SECOND);
    collect();
  }
  operator.runtime.close();
  const sorted = delays.toSorted((a, b) => a - b);
  const percentile = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN) / SECOND;
  return { p99: percentile(0.99), p50: percentile(0.5), max: percentile(1) };
}
