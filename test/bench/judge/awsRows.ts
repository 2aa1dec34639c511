import {
  measureConnectedUsers,
  measureFullInventoryAtRest,
  measureHeldAudits,
  measureIncompatible,
  measureProtected,
  measureRemovals,
  measureRestart,
  measureSmallPolicies,
  measureSmallRollout,
  measureTwoPolicies,
  measureUnlistedRollout,
} from '../awsCalls.ts';
import { measureDrift, measureRestWithEvents } from '../events.ts';
import { measureReplicas } from '../replicas.ts';
import { measureFairness } from '../waits.ts';
import type { Form, Measurement, Row } from './measurement.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FULL: readonly Form[] = ['full'];
const SHORT: readonly Form[] = ['short'];
const BOTH: readonly Form[] = ['full', 'short'];

/** Measurements of calls and waits in simulated time, at two calls per second for each account. */
export const AWS_ROWS: Readonly<Record<string, Measurement>> = {
  'unlisted rollout': {
    forms: FULL,
    rows: [
      row('200 changes in 10,000 WorkSpaces, `unlisted: Disassociate`', 'calls', 'calls', 111_255, 3_444),
      row('200 changes in 10,000 WorkSpaces, `unlisted: Disassociate`', 'hours', 'hours', 15.6, 0.5),
    ],
    measure: measureUnlistedRollout,
  },
  removals: {
    forms: BOTH,
    rows: [row('One of 200 removals in 1,000 WorkSpaces', 'calls', 'callsPerRemoval', 8.5, 4.6)],
    measure: () => measureRemovals(),
  },
  'small rollout': {
    forms: BOTH,
    rows: [row('60 removals in 200 WorkSpaces, from start to end', 'calls', 'calls', 413, 319)],
    measure: measureSmallRollout,
  },
  'small policies': {
    forms: FULL,
    rows: [
      row('500 policies for two of 1,000 WorkSpaces each', 'calls', 'calls', 1_542, 185),
      row('500 policies for two of 1,000 WorkSpaces each, relative to one', 'ratio', 'ratio', 9.1, 1.1),
    ],
    measure: () => measureSmallPolicies(),
  },
  'fewer small policies': {
    forms: SHORT,
    rows: [row('100 policies for two of 200 WorkSpaces each, relative to one', 'ratio', 'ratio', null, 1.1)],
    measure: () => measureSmallPolicies(100),
  },
  restart: {
    forms: FULL,
    rows: [
      row('First run after a restart, one application of 10,000 WorkSpaces denied', 'calls', 'afterRestart', 452, 150),
    ],
    measure: measureRestart,
  },
  'two policies': {
    forms: FULL,
    rows: [
      row(
        'Two policies in a row over 200 WorkSpaces, no rate limit: last deployment of the second',
        's',
        'second',
        11,
        6.7,
      ),
    ],
    measure: measureTwoPolicies,
  },
  'connected users': {
    forms: BOTH,
    rows: [row('First change, `maxInProgress: 1`, 199 of 200 users connected', 's', 'seconds', 2_100, 60)],
    measure: () => measureConnectedUsers(1),
  },
  protected: {
    forms: FULL,
    rows: [row('300 protected of 1,000 WorkSpaces at rest', '% of the rate', 'percent', 25, 5)],
    measure: async () => percentOf(await measureProtected()),
  },
  incompatible: {
    forms: FULL,
    rows: [row('700 incompatible WorkSpaces at rest', '% of the rate', 'percent', 100, 5)],
    measure: async () => percentOf(await measureIncompatible()),
  },
  'full inventory': {
    forms: FULL,
    rows: [row('Full reads of 10,000 WorkSpaces at rest', '% of the rate', 'percent', null, 25)],
    measure: async () => percentOf(await measureFullInventoryAtRest()),
  },
  'held audits': {
    forms: FULL,
    rows: [
      row('1,001 policies with one held change: without a status after 97 s', 'policies', 'unreported', 526, 0),
      row('1,001 policies with one held change: until all have a status', 'calls', 'calls', null, 50),
    ],
    measure: measureHeldAudits,
  },
  fairness: {
    forms: BOTH,
    rows: [row('Policy of a small fleet behind four policies of a large one', 's', 'seconds', 780, 1)],
    measure: measureFairness,
  },
  replicas: {
    forms: FULL,
    rows: replicaRows(100, 34),
    measure: () => measureReplicas(100),
  },
  'fewer replicas': {
    forms: SHORT,
    rows: replicaRows(6, 2),
    measure: () => measureReplicas(6),
  },
  ...eventRows(1_000, { rest: 30, without: 20 * MINUTE, calls: 3_600 }),
  ...eventRows(10_000, { rest: 100, without: 2 * HOUR, calls: 3_600 }),
  ...eventRows(100_000, { rest: 600, without: 12 * HOUR, calls: 3_600 }),
  'events 1000 installations': {
    forms: FULL,
    rows: [row('1,000 installations, 10 per minute: until 99% are disassociated', 's', 'p99', null, 20)],
    measure: () => measureDrift(1_000, true, 1_000, MINUTE / 10),
  },
};

function row(name: string, unit: string, figure: string, before: number | null, limit: number): Row {
  return { name, unit, figure, before, limit };
}

function percentOf({ share }: { readonly share: number }) {
  return { percent: 100 * share };
}

function replicaRows(fleets: number, evenShare: number): Row[] {
  const of = `${fleets} fleets of 1,000 WorkSpaces on three replicas`;
  return [
    row(`${of}: of one replica`, 'fleets', 'mostFleets', null, evenShare),
    row(`${of}: requests of one replica to the API server at rest`, 'requests/s', 'requestsPerSecond', null, 60),
    row(`${of}: CPU of one replica at rest, with the simulation`, '% of a core', 'cpuPercent', null, 10),
    row(`${of}: until another replica calls AWS after a crash`, 's', 'takeoverSeconds', null, 20),
    row(`${of}: additional calls for each fleet of a crashed replica`, 'calls', 'crashCalls', null, 60),
    row(`${of}: additional time of the rollouts after a crash`, 's', 'crashSeconds', null, 60),
  ];
}

/** Returns the measurements of a fleet with and without events: calls at rest, and the time until drift is disassociated. */
function eventRows(
  workspaces: number,
  limits: { readonly rest: number; readonly without: number; readonly calls: number },
): Readonly<Record<string, Measurement>> {
  const fleet = `${workspaces.toLocaleString('en-US')} WorkSpaces`;
  return {
    [`events ${workspaces} at rest`]: {
      forms: FULL,
      rows: [row(`${fleet} at rest with events`, 'calls/h', 'callsPerHour', null, limits.rest)],
      measure: () => measureRestWithEvents(workspaces, true),
    },
    [`no events ${workspaces} at rest`]: {
      forms: FULL,
      rows: [row(`${fleet} at rest without events`, 'calls/h', 'callsPerHour', null, limits.calls)],
      measure: () => measureRestWithEvents(workspaces, false),
    },
    [`events ${workspaces} drift`]: {
      forms: FULL,
      rows: [row(`Drift in ${fleet} with events: until it is disassociated`, 's', 'max', null, 20)],
      measure: () => measureDrift(workspaces, true, 3, 10 * MINUTE),
    },
    [`no events ${workspaces} drift`]: {
      forms: FULL,
      rows: [
        row(`Drift in ${fleet} without events: until it is disassociated`, 's', 'max', null, limits.without / 1_000),
      ],
      measure: () => measureDrift(workspaces, false, 3, 10 * MINUTE),
    },
  };
}
