import type { CallSummary } from '../execute/outcome.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import { sanitize } from '../sanitize.ts';

/** Maximum length of the message of an Event. */
export const MAX_MESSAGE = 1024;

/** Subject of an Event: one or more applications on a WorkSpace. */
export interface EventSubject {
  readonly workspaceID: string;
  readonly userName?: string | undefined;
  /** Names of the applications. */
  readonly application: string;
  /** Desired state, where the Event depends on it. */
  readonly desired?: DesiredState | undefined;
  /** Call that the Event reports. */
  readonly call?: CallSummary | undefined;
}

/** Subjects of one application: their number, and the first of them, because the names of more don't fit into a message. */
interface Subjects {
  count: number;
  readonly named: EventSubject[];
}

/** Subjects of Events by application. */
export class EventSubjects {
  readonly #byApplication = new Map<string, Subjects>();

  constructor(subjects: Iterable<EventSubject> = []) {
    for (const subject of subjects) {
      this.add(subject);
    }
  }

  add(subject: EventSubject): void {
    const subjects = this.#byApplication.get(subject.application) ?? { count: 0, named: [] };
    this.#byApplication.set(subject.application, subjects);
    subjects.count++;
    if (subjects.named.length < MAX_MESSAGE) {
      subjects.named.push(subject);
    }
  }

  /** Returns each application with its WorkSpaces as text, and the calls. */
  byApplication(): { application: string; where: string; calls: CallSummary[] }[] {
    return [...this.#byApplication].map(([application, subjects]) => ({
      application,
      where: namesOf(subjects),
      calls: subjects.named.flatMap(({ call }) => call ?? []),
    }));
  }
}

/** Returns WorkSpaces as text. */
export function namesIn(workspaces: readonly EventSubject[]): string {
  return namesOf({ count: workspaces.length, named: workspaces.slice(0, MAX_MESSAGE) });
}

function namesOf({ count, named }: Subjects): string {
  const names = named.map(({ workspaceID, userName }) =>
    count > 3 || userName === undefined ? workspaceID : `${workspaceID} (${sanitize(userName, 63)})`,
  );
  return count > 3 ? `${count} WorkSpaces: ${names.join(', ')}` : names.join(', ');
}
