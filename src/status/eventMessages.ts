import type { Workspace } from '../fleet/model.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import type { Finding } from '../plan/plan.ts';
import { sanitize } from '../sanitize.ts';

/** Event to record on a policy (Kubernetes core/v1). */
export interface PolicyEvent {
  readonly type: 'Normal' | 'Warning';
  /** Machine-readable reason in CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** Subject of an Event: one or more applications on a WorkSpace. */
export interface EventSubject {
  readonly workspaceID: string;
  readonly userName?: string | undefined;
  /** Names of the applications. */
  readonly application: string;
  /** Desired state, where the Event depends on it. */
  readonly desired?: DesiredState | undefined;
}

/** Maximum length of a message. */
export const MAX_MESSAGE = 1024;

/** Returns one Event for each application. */
export function eventsFor(
  subjects: readonly EventSubject[],
  type: PolicyEvent['type'],
  reason: string,
  say: (what: string, where: string) => string,
): PolicyEvent[] {
  return [...Map.groupBy(subjects, ({ application }) => application)].map(([application, where]) => ({
    type,
    reason,
    message: sanitize(say(sanitize(application), workspaceList(where)), MAX_MESSAGE),
  }));
}

/** Returns WorkSpaces as text: their IDs, and the names of their users if there are few. */
export function workspaceList(workspaces: readonly EventSubject[]): string {
  // The rest of the names doesn't fit into a message.
  const names = workspaces
    .slice(0, MAX_MESSAGE)
    .map(({ workspaceID, userName }) =>
      workspaces.length > 3 || userName === undefined ? workspaceID : `${workspaceID} (${sanitize(userName, 63)})`,
    );
  return workspaces.length > 3 ? `${workspaces.length} WorkSpaces: ${names.join(', ')}` : names.join(', ');
}

/** Returns a WorkSpace as the subject of an Event without applications. */
export function workspaceSubject({ workspaceID, userName }: Workspace): EventSubject {
  return { workspaceID, userName, application: '' };
}

/** Returns the name of an application for messages. */
export function applicationText({ application: { name, applicationID } }: Finding): string {
  return sanitize(name ?? applicationID);
}
