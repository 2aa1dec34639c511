import { associationKey } from '../fleet/associationID.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { applicationIn, type Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { type Attempt, type Attempts, attemptKey, PREDICTED, subjectOf } from './backoff.ts';
import { incompatibilityOf } from './compatibility.ts';
import type { EffectiveRequests } from './effectiveRequests.ts';
import type { Finding, Incompatibility } from './plan.ts';

/** Exceptions of AWS that don't depend on the applications that the policies remove. */
const INDEPENDENT_EXCEPTIONS: ReadonlySet<string> = new Set([
  PREDICTED,
  'ApplicationNotSupportedException',
  'ComputeNotCompatibleException',
  'OperatingSystemNotCompatibleException',
]);

/** Whether AWS may accept an incompatible application after another application is disassociated. */
export function dependsOnOthers(exception: string | undefined): boolean {
  return exception === undefined || !INDEPENDENT_EXCEPTIONS.has(exception);
}

/** Returns the key of the last rejection of an incompatible application, by whichever policy. */
export function refusalKey(association: Association): string {
  return `Incompatible ${associationKey(association)}`;
}

/** How far an application is from being removed. AWS may accept an incompatible application in a later stage. */
function stageOf(state: string | undefined): number {
  switch (state) {
    case 'PENDING_UNINSTALL_DEPLOYMENT':
      return 1;
    case 'PENDING_UNINSTALL':
    case 'UNINSTALLING':
      return 2;
    case 'REMOVED':
    case undefined:
      return 3;
    default:
      return 0;
  }
}

/** Installations that AWS rejected because the application is incompatible, as far as the rejections still apply. */
export class Refusals {
  readonly #backoff: Attempts;
  readonly #snapshot: Pick<Snapshot, 'applications' | 'associations'>;
  readonly #effective: Pick<EffectiveRequests, 'removes'>;
  readonly #now: Date;

  constructor(
    backoff: Attempts,
    snapshot: Pick<Snapshot, 'applications' | 'associations'>,
    effective: Pick<EffectiveRequests, 'removes'>,
    now: Date,
  ) {
    this.#backoff = backoff;
    this.#snapshot = snapshot;
    this.#effective = effective;
    this.#now = now;
  }

  /**
   * Returns why AWS would reject an installation of a policy again. AWS may accept it if the policy or the WorkSpace changes, or if the
   * removal of another application makes progress.
   */
  ownRefusal(
    policy: Policy,
    finding: Pick<Finding, 'workspace' | 'association' | 'application'>,
  ): Incompatibility | undefined {
    const { workspace, application } = finding;
    const attempt = this.#backoff.get(attemptKey(policy, { action: 'Associate', finding }));
    const { refusedIn } = attempt ?? {};
    if (attempt === undefined || refusedIn === undefined || !this.#isCurrent(attempt, workspace, application)) {
      return undefined;
    }
    const latest = this.#snapshot.associations.get(workspace.workspaceID);
    const others = [...(refusedIn.others ?? [])];
    // Another attempt at a replacement takes several calls, so it doesn't follow each start and stop of the WorkSpace.
    const isOfReplacement = others.some(([, state]) => stageOf(state) === 1);
    const general = `${policy.uid} ${policy.generation} `;
    if (
      !(isOfReplacement ? refusedIn.general.startsWith(general) : refusedIn.general === `${general}${workspace.state}`)
    ) {
      return undefined;
    }
    const isFurther = others.some(([applicationID, state]) => {
      const current = latest?.get(applicationID);
      return current !== undefined && stageOf(current.state) > stageOf(state);
    });
    return isFurther ? undefined : incompatibility(attempt);
  }

  /** Returns why AWS rejects an application even without another one: because that was disassociated, or because it doesn't matter. */
  refusalWithout(workspace: Workspace, application: Application, removed: Association): Incompatibility | undefined {
    const attempt = this.#last(workspace, application);
    const isFinal =
      attempt !== undefined && (this.#stageAt(attempt, removed) > 0 || !dependsOnOthers(attempt.exception));
    return isFinal ? incompatibility(attempt) : undefined;
  }

  /** Whether AWS rejected an application while another one, which is due for removal, was associated. */
  isRefusedBeside(workspace: Workspace, application: Application, removed: Association): boolean {
    const attempt = this.#last(workspace, application);
    return attempt !== undefined && this.#stageAt(attempt, removed) === 0 && dependsOnOthers(attempt.exception);
  }

  #stageAt({ refusedIn }: Attempt, { applicationID }: Association): number {
    return stageOf(refusedIn?.others?.get(applicationID));
  }

  #last(workspace: Workspace, application: Application): Attempt | undefined {
    const { workspaceID } = workspace;
    const attempt = this.#backoff.get(refusalKey({ workspaceID, applicationID: application.applicationID }));
    return attempt !== undefined && this.#isCurrent(attempt, workspace, application) ? attempt : undefined;
  }

  #isCurrent(attempt: Attempt, workspace: Workspace, application: Application): boolean {
    const { kind, refusedIn, rejectedUntil, exception } = attempt;
    return (
      (exception !== PREDICTED || this.#isPredictedAgain(attempt, workspace, application)) &&
      kind === 'Incompatible' &&
      refusedIn?.subject === subjectOf({ action: 'Associate', finding: { workspace, application } }) &&
      rejectedUntil !== undefined &&
      rejectedUntil > this.#now
    );
  }

  /** Whether the applications that a prediction rests on still stay. Since then, a policy may have begun to remove one. */
  #isPredictedAgain({ refusedIn }: Attempt, workspace: Workspace, application: Application): boolean {
    const staying = [...(refusedIn?.others ?? [])]
      .filter(([, state]) => isStaying(state))
      .map(([applicationID]) => applicationIn(this.#snapshot, applicationID))
      .filter((other) => !this.#effective.removes(workspace, other));
    return incompatibilityOf(application, workspace, staying) !== undefined;
  }
}

/** Whether an association stays unless the policies remove the application. */
function isStaying(state: string | undefined): boolean {
  return stageOf(state) === 0;
}

function incompatibility({ message, rejectedUntil }: Attempt): Incompatibility {
  return { message, until: rejectedUntil, isPredicted: false };
}
