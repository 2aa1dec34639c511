import type { Workspace } from '../fleet/model.ts';
import type { Finding } from '../plan/plan.ts';
import { sanitize } from '../sanitize.ts';
import { callAnnotations } from './callAnnotations.ts';
import { type EventSubject, EventSubjects } from './eventSubjects.ts';

/** Event to record on a policy (Kubernetes core/v1). */
export interface PolicyEvent {
  readonly type: 'Normal' | 'Warning';
  /** Machine-readable reason in CamelCase. */
  readonly reason: string;
  readonly message: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Returns one Event for each application. */
export function eventsFor(
  subjects: readonly EventSubject[],
  type: PolicyEvent['type'],
  reason: string,
  say: (what: string, where: string) => string,
): PolicyEvent[] {
  return eventsForEach(new EventSubjects(subjects), type, reason, say);
}

/** Like `eventsFor`, for subjects that are grouped already. */
export function eventsForEach(
  subjects: EventSubjects,
  type: PolicyEvent['type'],
  reason: string,
  say: (what: string, where: string) => string,
): PolicyEvent[] {
  return subjects.byApplication(say).map(({ message, calls }) => ({
    type,
    reason,
    message,
    ...(calls.length > 0 && { annotations: callAnnotations(calls) }),
  }));
}

/** Returns a WorkSpace as the subject of an Event without applications. */
export function workspaceSubject({ workspaceID, userName }: Workspace): EventSubject {
  return { workspaceID, userName, application: '' };
}

/** Returns the name of an application for messages. */
export function applicationText({ application: { name, applicationID } }: Finding): string {
  return sanitize(name ?? applicationID);
}
