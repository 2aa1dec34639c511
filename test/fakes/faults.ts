import { FleetError, type FleetErrorKind } from '../../src/fleet/errors.ts';
import type { BundleReader, Fleet } from '../../src/fleet/ports.ts';

/** Methods of the fake fleet that stand for calls to AWS. */
export type FakeMethod = keyof (Fleet & BundleReader);

/** A call of the fake fleet. */
export interface FakeCall {
  readonly method: FakeMethod;
  /** ID of a bundle or an image. */
  readonly containerID?: string | undefined;
  readonly workspaceID?: string | undefined;
  readonly applicationID?: string | undefined;
  readonly force?: boolean | undefined;
}

/** Selects the calls that a fault affects. Fields are ANDed. */
export interface FaultTarget extends Pick<FakeCall, 'workspaceID' | 'applicationID'> {
  /** Whether the change is applied and only its response is lost. */
  readonly carriedOut?: boolean | undefined;
}

interface Fault {
  readonly method: FakeMethod;
  readonly error: FleetError | FleetErrorKind;
  readonly target: FaultTarget;
}

/** Injected faults. Each affects one call. */
export class InjectedFaults {
  #waiting: Fault[] = [];

  add(fault: Fault): void {
    this.#waiting.push(fault);
  }

  /** Takes the fault that affects a call: its error, and whether the change is applied. Returns undefined if there is none. */
  strike(call: FakeCall): { readonly error: FleetError; readonly carriedOut: boolean } | undefined {
    const fault = this.#waiting.find(
      ({ method, target }) =>
        method === call.method &&
        (target.workspaceID ?? call.workspaceID) === call.workspaceID &&
        (target.applicationID ?? call.applicationID) === call.applicationID,
    );
    if (fault === undefined) {
      return undefined;
    }
    this.#waiting = this.#waiting.filter((other) => other !== fault);
    return { error: toError(fault.error, call), carriedOut: fault.target.carriedOut ?? false };
  }
}

function toError(
  error: FleetError | FleetErrorKind,
  { method, workspaceID, applicationID, containerID }: FakeCall,
): FleetError {
  if (error instanceof FleetError) {
    return error;
  }
  const operation = method.charAt(0).toUpperCase() + method.slice(1);
  const resource = [workspaceID, applicationID, containerID].filter((id) => id !== undefined).join('/') || undefined;
  return new FleetError({ kind: error, operation, resource, reason: `injected ${error}` });
}
