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

  /**
   * Returns each application, the calls, and its WorkSpaces as text.
   *
   * @param say returns the message for the names of an application and of its WorkSpaces
   */
  byApplication(say: (what: string, where: string) => string): { message: string; calls: CallSummary[] }[] {
    return [...this.#byApplication].map(([application, subjects]) => {
      const what = sanitize(application);
      return {
        message: messageWith(subjects, (where) => say(what, where)),
        calls: subjects.named.flatMap(({ call }) => call ?? []),
      };
    });
  }
}

/** Returns a message about WorkSpaces. The message names as many of them as fit, because its end often says what to do. */
export function messageFor(workspaces: readonly EventSubject[], say: (where: string) => string): string {
  return messageWith({ count: workspaces.length, named: workspaces.slice(0, MAX_MESSAGE) }, say);
}

function messageWith(subjects: Subjects, say: (where: string) => string): string {
  const room = MAX_MESSAGE - say('').length;
  return sanitize(say(namesOf(subjects, room)), MAX_MESSAGE);
}

/** Returns WorkSpaces as text that has at most `maxLength` characters, unless a count alone is longer. */
function namesOf({ count, named }: Subjects, maxLength: number): string {
  const names = named.map(({ workspaceID, userName }) =>
    count > 3 || userName === undefined ? workspaceID : `${workspaceID} (${sanitize(userName, 63)})`,
  );
  const total = count > 3 ? `${count} WorkSpaces: ` : '';
  const all = `${total}${names.join(', ')}`;
  if (all.length <= maxLength && names.length === count) {
    return all;
  }
  const more = (shown: number) => ` and ${count - shown} more`;
  let length = total.length + more(0).length;
  const shown = names.findIndex((name) => {
    length += name.length + 2;
    return length > maxLength;
  });
  const listed = names.slice(0, shown === -1 ? names.length : shown);
  return listed.length === 0 ? `${count} WorkSpaces` : `${total}${listed.join(', ')}${more(listed.length)}`;
}
