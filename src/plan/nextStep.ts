import type { Association } from '../fleet/model.ts';
import type { ChangeOperation } from '../inventory/transitions.ts';

/** What a policy wants of an application on a WorkSpace. */
export type DesiredState = 'Present' | 'Absent';

/** Next step toward the desired state, by the state of the association. */
export type NextStep =
  /** It is reached. */
  | { readonly kind: 'Done' }
  | { readonly kind: 'Associate' }
  | { readonly kind: 'Disassociate' }
  /** `force` repeats a deployment that failed. */
  | { readonly kind: 'Deploy'; readonly force: boolean }
  /** AWS is at work on it. */
  | { readonly kind: 'Wait' }
  /** It doesn't go on by itself: a person has to look. */
  | { readonly kind: 'NeedsIntervention'; readonly message: string };

/** What to do about an association in a state; `failed` is what it failed with, where that is known. */
type StepFor = (association: Association, failed: ChangeOperation | undefined) => NextStep;

const DONE: StepFor = () => ({ kind: 'Done' });
const ASSOCIATE: StepFor = () => ({ kind: 'Associate' });
const DISASSOCIATE: StepFor = () => ({ kind: 'Disassociate' });
const DEPLOY: StepFor = () => ({ kind: 'Deploy', force: false });
const WAIT: StepFor = () => ({ kind: 'Wait' });

/**
 * A removal goes COMPLETED → Disassociate → PENDING_UNINSTALL_DEPLOYMENT → Deploy → PENDING_UNINSTALL → UNINSTALLING → REMOVED, and an
 * install mirrors it. A deployment that somebody else has begun is waited for, then undone.
 */
const STEPS: Readonly<Record<DesiredState, Readonly<Record<string, StepFor>>>> = {
  Absent: {
    REMOVED: DONE,
    COMPLETED: DISASSOCIATE,
    PENDING_INSTALL_DEPLOYMENT: DISASSOCIATE,
    PENDING_INSTALL: WAIT,
    INSTALLING: WAIT,
    PENDING_UNINSTALL_DEPLOYMENT: DEPLOY,
    PENDING_UNINSTALL: WAIT,
    UNINSTALLING: WAIT,
    // What failed may have been an install, and repeating that would install what must go: marking it again can't.
    ERROR: afterError('Uninstall', DISASSOCIATE),
  },
  Present: {
    REMOVED: ASSOCIATE,
    COMPLETED: DONE,
    PENDING_INSTALL_DEPLOYMENT: DEPLOY,
    PENDING_INSTALL: WAIT,
    INSTALLING: WAIT,
    PENDING_UNINSTALL_DEPLOYMENT: ASSOCIATE,
    PENDING_UNINSTALL: WAIT,
    UNINSTALLING: WAIT,
    ERROR: afterError('Install', ASSOCIATE),
  },
};

/**
 * Returns the next step toward the desired state. A state that isn't known is never acted on.
 *
 * @param association undefined where there is none
 * @param failed what an association in ERROR failed with, where that is known
 */
export function nextStep(
  desired: DesiredState,
  association: Association | undefined,
  failed: ChangeOperation | undefined,
): NextStep {
  if (association === undefined) {
    return { kind: desired === 'Present' ? 'Associate' : 'Done' };
  }
  const { state = '' } = association;
  const steps = STEPS[desired];
  return Object.hasOwn(steps, state) && steps[state] !== undefined
    ? steps[state](association, failed)
    : { kind: 'NeedsIntervention', message: unknownState(association) };
}

function unknownState({ state }: Association): string {
  return `AWS reports a state that is not known here (${state ?? 'none'}); nothing is done about it`;
}

/** A failed deployment is repeated if it is known to have been the wanted one; else the association is `marked` again. */
function afterError(wanted: ChangeOperation, marked: StepFor): StepFor {
  return (association, failed) => {
    const { errorCode, errorMessage } = association.stateReason ?? {};
    const said = errorMessage === undefined || errorMessage === '' ? '' : `: ${errorMessage}`;
    switch (errorCode) {
      case 'DeploymentError.InternalServerError':
      case 'DeploymentError.WorkspaceUnreachable':
        return failed === wanted ? { kind: 'Deploy', force: true } : marked(association, failed);
      case 'ValidationError.InsufficientDiskSpace':
      case 'ValidationError.InsufficientMemory':
      case 'ValidationError.UnsupportedOperatingSystem':
      case 'ValidationError.ApplicationOldVersionExists':
        return {
          kind: 'NeedsIntervention',
          message: `AWS stopped with ${errorCode}${said}; repair the WorkSpace, or remove the association by hand`,
        };
      default:
        return {
          kind: 'NeedsIntervention',
          message: `AWS stopped with ${errorCode ?? 'no reason'}${said}; see the WorkSpace in the AWS console`,
        };
    }
  };
}
