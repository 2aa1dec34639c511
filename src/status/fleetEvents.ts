import { isRecent } from '../clock.ts';
import type { DeliveryState, RecordedDelivery } from '../eventbridge/deliveryHealth.ts';
import type { WorkspaceFleet } from '../policy/fleetResource.gen.ts';
import { type ConditionState, condition } from './conditions.ts';
import { timestamp } from './resource.ts';

/** Observed state of the events of a fleet. */
export interface EventView {
  readonly delivery: DeliveryState;
  /** Name of another fleet that reads the same queue. Undefined if there is none. */
  readonly otherQueueReader: string | undefined;
  /** Time of the last successful read of the queue. Undefined before the first one. */
  readonly receivedAt: Date | undefined;
  /** Time of the latest event. Undefined before the first one. */
  readonly lastEventAt: Date | undefined;
  /** Time of the latest event of a change of associations, also of an earlier process. Undefined if none is known. */
  readonly provenAt: Date | undefined;
  /** Number of WorkSpaces that wait for a read. */
  readonly pendingRefreshes: number;
}

type FleetStatus = NonNullable<WorkspaceFleet['status']>;
type EventsStatus = NonNullable<FleetStatus['events']>;

/** Age from which a time is written although nothing else changed, in milliseconds. */
const TIME_MAX_AGE_MS = 60 * 60_000;

const REMEDIES: Readonly<Record<DeliveryState['reason'], string>> = {
  Receiving: 'events arrive; listings are renewed at spec.events.resyncInterval',
  Connecting: 'reading the queue for the first time',
  NoRecentEvent:
    'no event of a change of associations arrived within 7 days; to test the path, associate a denied application with a test WorkSpace in the AWS console',
  // The cause contains what to check.
  QueueNotFound: 'deploy/events contains templates for the queue',
  AccessDenied:
    'allow sqs:ReceiveMessage, sqs:DeleteMessage, and sqs:ChangeMessageVisibility; `wsap iam` prints the policy',
  QueueUnavailable: 'the operator retries',
  ReadsFailing: 'the operator retries; the queue delivers the events again',
  EventsMissing:
    'check the EventBridge rule, CloudTrail, and the permission of the rule to send to the queue and to use its key',
};

/** Returns the condition of the events of a fleet. */
export function eventsCondition({ delivery, otherQueueReader }: EventView): ConditionState {
  if (otherQueueReader !== undefined) {
    return condition(
      false,
      'QueueShared',
      `the WorkspaceFleet ${otherQueueReader} reads the same queue, which delivers each event once; create a queue for this fleet. ${AT_INTERVAL}`,
    );
  }
  const { status, reason, cause } = delivery;
  const advice = cause === undefined ? REMEDIES[reason] : `${cause}; ${REMEDIES[reason]}`;
  const message = status !== 'True' && reason !== 'Connecting' ? `${advice}. ${AT_INTERVAL}` : advice;
  return { status, reason, message };
}

/** Kubernetes Event of a fleet. */
export interface FleetEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

type Conditions = FleetStatus['conditions'];

/**
 * Returns the Kubernetes Event that reports that the events of a fleet stop to arrive, or arrive again. Undefined if the condition shows
 * neither: each start of the operator reads the queue for the first time.
 */
export function eventsTransition(before: Conditions, after: Conditions): FleetEvent | undefined {
  const received = (conditions: Conditions = []) => conditions.find(({ type }) => type === 'EventsReceived');
  const [was, is] = [received(before), received(after)];
  if (is === undefined || (was?.status === is.status && was.reason === is.reason)) {
    return undefined;
  }
  const { status, reason, message } = is;
  if (status === 'False') {
    return { type: 'Warning', reason, message };
  }
  const arrivesAgain = status === 'True' && was !== undefined && was.reason !== 'Connecting';
  return arrivesAgain ? { type: 'Normal', reason, message } : undefined;
}

/** Returns what the status of a fleet records of its events. Nothing if the status describes another spec. */
export function recordedDelivery(status: FleetStatus | undefined, generation: number, now: number): RecordedDelivery {
  const recorded = status?.conditions?.find(({ type }) => type === 'EventsReceived');
  if (recorded?.observedGeneration !== generation) {
    return { provenAt: undefined, missingSince: undefined };
  }
  const { lastAssociationEventTime } = status?.events ?? {};
  return {
    provenAt: lastAssociationEventTime === undefined ? undefined : Date.parse(lastAssociationEventTime),
    missingSince: recorded.reason === 'EventsMissing' ? now : undefined,
  };
}

const AT_INTERVAL = 'Until then, the operator reads at the intervals of the policies';

/**
 * Returns the events in a status. A time is written at most once an hour. Undefined if there is none: if an object loses its last field in
 * server-side apply, it becomes null, which the API server rejects (observed with Kubernetes 1.37).
 */
export function eventsStatus(view: EventView, previous: EventsStatus | undefined, now: Date): EventsStatus | undefined {
  const timeOf = (at: Date | undefined, written: string | undefined) => {
    const isFresh = written !== undefined && isRecent(Date.parse(written), TIME_MAX_AGE_MS, now.getTime());
    return at === undefined || isFresh ? written : timestamp(at);
  };
  const lastReceivedTime = timeOf(view.receivedAt, previous?.lastReceivedTime);
  const lastEventTime = timeOf(view.lastEventAt, previous?.lastEventTime);
  // Without a proof, the queue can be another one than before.
  const lastAssociationEventTime = view.provenAt && timeOf(view.provenAt, previous?.lastAssociationEventTime);
  const status = {
    ...(lastAssociationEventTime !== undefined && { lastAssociationEventTime }),
    ...(lastReceivedTime !== undefined && { lastReceivedTime }),
    ...(lastEventTime !== undefined && { lastEventTime }),
  };
  return Object.keys(status).length === 0 ? undefined : status;
}
