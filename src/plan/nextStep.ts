import type { Association } from '../fleet/model.ts';
import type { ChangeOperation } from '../inventory/transitions.ts';

/** Desired state of an application on a WorkSpace. */
export type DesiredState = 'Present' | 'Absent';

/** Next step toward the desired state, by the state of the association. */
export type NextStep =
  /** The desired state is reached. */
  | { readonly kind: 'Done' }
  | { readonly kind: 'Associate' }
  | { readonly kind: 'Disassociate' }
  /** `force` repeats a failed deployment. */
  | { readonly kind: 'Deploy'; readonly force: boolean }
  /** AWS is changing the association. */
  | { readonly kind: 'Wait' }
  /** The operator can't continue without manual action. */
  | { readonly kind: 'NeedsIntervention'; readonly message: string };

/** Returns the step for an association. `failed` is its failed operation, if it is known. */
type StepFor = (association: Association, failed: ChangeOperation | undefined) => NextStep;

const DONE = always({ kind: 'Done' });
const ASSOCIATE = always({ kind: 'Associate' });
const DISASSOCIATE = always({ kind: 'Disassociate' });
const DEPLOY = always({ kind: 'Deploy', force: false });
const WAIT = always({ kind: 'Wait' });

/**
 * Steps by desired state and state. A removal goes COMPLETED → Disassociate → PENDING_UNINSTALL_DEPLOYMENT → Deploy → PENDING_UNINSTALL →
 * UNINSTALLING → REMOVED, and an installation mirrors it. The operator waits for the end of an opposite deployment, then reverts it.
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
    // If an installation failed, a retry would install the application. Another disassociation is safe in both cases.
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
 * Returns the next step toward the desired state. An unknown state requires intervention.
 *
 * @param association current association, or undefined if there is none
 * @param failed failed operation of an association in ERROR, if it is known
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

function unknownState({ state, untrusted }: Association): string {
  if (untrusted !== undefined) {
    return `AWS returned a value of the association that can't be trusted: ${untrusted}; the operator makes no change`;
  }
  return `AWS reports an unknown state (${state ?? 'none'}), so the operator makes no change`;
}

/** All associations share the step. */
function always(step: NextStep): StepFor {
  return () => step;
}

/** Repeats a failed deployment if its operation is known to be the desired one. Otherwise, marks the association again with `mark`. */
function afterError(desired: ChangeOperation, mark: StepFor): StepFor {
  return (association, failed) => {
    const { errorCode, errorMessage } = association.stateReason ?? {};
    const detail = errorMessage === undefined || errorMessage === '' ? '' : `: ${errorMessage}`;
    switch (errorCode) {
      case 'DeploymentError.InternalServerError':
      case 'DeploymentError.WorkspaceUnreachable':
        return failed === desired ? { kind: 'Deploy', force: true } : mark(association, failed);
      case 'ValidationError.InsufficientDiskSpace':
      case 'ValidationError.InsufficientMemory':
      case 'ValidationError.UnsupportedOperatingSystem':
      case 'ValidationError.ApplicationOldVersionExists':
        return {
          kind: 'NeedsIntervention',
          message: `the deployment failed with ${errorCode}${detail}; fix the WorkSpace, or remove the association manually`,
        };
      default:
        return {
          kind: 'NeedsIntervention',
          message: `the deployment failed with ${errorCode ?? 'an unknown error'}${detail}; check the WorkSpace in the AWS console`,
        };
    }
  };
}
