import { VISIO } from '../applications.ts';
import { QUEUE_URL } from '../fields.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { type EventFaults, MINUTE } from '../schedule.ts';
import { type Draft, type Scenarios, SECOND } from './draft.ts';

/** Scenarios of events that stop to arrive. Nobody requests a run, so that only the operator can find what no event announces. */
export const EVENT_SCENARIOS = {
  /** The events of the operator's first changes prove the path. Then a user installs an application, and its events are lost. */
  LostEvents: (draft) => {
    draft.fleet(0, { events: { queueURL: QUEUE_URL, resyncInterval: '1h' } }).policy(0, 'first', { interval: '10m' });
    if (draft.rng.chance(0.5)) {
      draft.fault('Restart', draft.moment(2, 4) * MINUTE, 1);
    }
    install(draft, 'ws-00000001', draft.moment(6, 15) * MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 4), {
      requestsRunsAfterwards: false,
      convergesWithin: 90 * MINUTE,
      events: lostFrom(5 * MINUTE),
    });
  },
  /** The operator removes what an event announces. The events of its changes, and of what a user installs afterward, are lost. */
  StoppedEvents: (draft) => {
    draft.fleet(0, { events: { queueURL: QUEUE_URL } }).policy(0, 'first', { interval: '10m' });
    const at = draft.moment(5, 8) * MINUTE;
    install(draft, 'ws-00000001', at);
    install(draft, 'ws-00000002', at + draft.moment(3, 6) * MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 4), {
      requestsRunsAfterwards: false,
      convergesWithin: 60 * MINUTE,
      events: lostFrom(at + 2 * SECOND),
    });
  },
  /** The queue can't be read for half an hour, and the events of what a user installs are lost. */
  QueueUnavailable: (draft) => {
    draft.fleet(0, { events: { queueURL: QUEUE_URL } }).policy(0, 'first', { interval: '10m' });
    draft.fault('QueueUnavailable', 5 * MINUTE, 30 * MINUTE);
    install(draft, 'ws-00000001', draft.moment(6, 15) * MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 4), {
      requestsRunsAfterwards: false,
      convergesWithin: 30 * MINUTE,
      events: lostFrom(5 * MINUTE),
    });
  },
} satisfies Scenarios;

/** Installs Visio in the AWS console. */
function install(draft: Draft, workspaceID: string, at: number): void {
  draft.at(at, { do: 'Associate', workspaceID, applicationID: VISIO.id });
  draft.at(at + SECOND, { do: 'Deploy', workspaceID });
}

/** Returns faults that lose each event from a time on, in milliseconds from the start. */
function lostFrom(at: number): EventFaults {
  return { lost: 1, lostFrom: at, duplicated: 0, late: 0, delayMs: 0, forged: [] };
}
