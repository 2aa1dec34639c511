import type { StoredObject } from '../cluster/simulatedCluster.ts';
import type { ActiveFaults, FaultKind } from '../faults.ts';
import type { SimulatedProcess } from '../process.ts';
import type { UntimedViolation } from '../violation.ts';

/** Time without a read of the queue after which the status shows it (ms): two minutes, and a minute to write the status. */
const SHOWN_WITHIN_MS = 3 * 60_000;
/** Faults during which a status can't be written in time, or a process doesn't act. */
const DELAYS: readonly FaultKind[] = [
  'ApiErrors',
  'ApiSilence',
  'SilentWatches',
  'StatusRejected',
  'LostWrites',
  'LateEvents',
  'StaleLists',
  'Pause',
  'ClockJump',
  'SecondReplica',
  'NoIdentity',
];

/** Rule that the condition EventsReceived of the fleet is not True while the queue is not read. */
export class QueueReads {
  #last: { readonly process: SimulatedProcess; readonly at: number; readonly generation: number } | undefined;

  /** Records that a process reads the queue, and checks what the status has shown before. */
  record(process: SimulatedProcess, fleet: StoredObject | undefined, faults: ActiveFaults): UntimedViolation[] {
    const { generation = 0 } = fleet?.metadata ?? {};
    const last = this.#last;
    const at = process.elapsed;
    this.#last = { process, at, generation };
    if (last === undefined || last.process !== process || last.generation !== generation) {
      return [];
    }
    const silentMs = at - last.at;
    const conditions = (fleet?.status?.conditions ?? []) as { readonly type: string; readonly status: string }[];
    const isShown = conditions.some(({ type, status }) => type === 'EventsReceived' && status === 'True');
    const isExcused = DELAYS.some((kind) => faults.wasActive(kind, silentMs));
    return silentMs > SHOWN_WITHIN_MS && isShown && !isExcused
      ? [{ rule: 'EventsReceived', message: `EventsReceived is True, but the queue was not read for ${silentMs} ms` }]
      : [];
  }
}
