import type { AssociationErrorCode, StateReason } from '../fleet/model.ts';
import { ERROR_MESSAGES } from './lifecycle.ts';
import type { OperationName } from './model.ts';

/** What goes wrong. */
export type FaultKind =
  /** ThrottlingException, whatever the rate. */
  | 'Throttle'
  /** An error of AWS's own: `status`, 500 by default. */
  | 'HttpError'
  /** A page of HTML, as from a proxy: `status`, 502 by default. */
  | 'Html'
  /** The connection closes before anything is done. */
  | 'CloseConnection'
  /** The call is carried out, then the connection closes without an answer. */
  | 'LoseAnswer'
  /** The call is neither carried out nor answered. */
  | 'Hang'
  /** Nothing but `delayMs`. */
  | 'Delay'
  /** The identity lacks the operation's permission. */
  | 'AccessDenied'
  /** The exception named by `exception`. */
  | 'Exception'
  /** A page token is refused. */
  | 'InvalidNextToken'
  /** A page answers with the token that asked for it. */
  | 'RepeatNextToken'
  /** A deployment ends in ERROR with `errorCode`; what the call answers doesn't tell. */
  | 'DeploymentError';

/** A fault and the calls that it befalls: those that fit every field given. */
export interface Fault {
  readonly fault: FaultKind;
  readonly operation?: OperationName;
  readonly workspaceID?: string;
  readonly applicationID?: string;
  /** Which page of a listing, from 1. */
  readonly page?: number;
  /** How often, from the start; without it, always. */
  readonly times?: number;
  /** From 0 to 1; without it, 1. */
  readonly probability?: number;
  /** Milliseconds that pass first. */
  readonly delayMs?: number;
  readonly status?: number;
  readonly exception?: string;
  readonly message?: string;
  readonly errorCode?: AssociationErrorCode;
}

/** A fault that is switched on, and how often it has struck. */
export interface ActiveFault extends Fault {
  readonly struck: number;
}

/** What of a call a fault can be limited to. */
export interface FaultTarget {
  readonly operation: OperationName;
  readonly page: number;
  readonly workspaceIDs: readonly string[];
  readonly applicationIDs: readonly string[];
}

/** The faults that are switched on. One strikes a call at most: the first in order that fits it and isn't used up. */
export class Faults {
  readonly #random: () => number;
  #active: { fault: Fault; struck: number }[] = [];

  constructor(faults: readonly Fault[], random: () => number) {
    this.#random = random;
    this.replace(faults);
  }

  list(): ActiveFault[] {
    return this.#active.map(({ fault, struck }) => ({ ...fault, struck }));
  }

  replace(faults: readonly Fault[]): void {
    this.#active = faults.map((fault) => ({ fault, struck: 0 }));
  }

  add(fault: Fault): void {
    this.#active.push({ fault, struck: 0 });
  }

  clear(): void {
    this.replace([]);
  }

  /** The fault that strikes this call, if one does. */
  strike(target: FaultTarget): Fault | undefined {
    return this.#strike((fault) => {
      const isPaging = fault.fault === 'RepeatNextToken' || fault.fault === 'InvalidNextToken';
      return fault.fault !== 'DeploymentError' && fits(fault, target) && !(isPaging && target.page === 1);
    });
  }

  /** The error in which the deployment of this association will end, if it will. */
  readonly failureOf = (workspaceID: string, applicationID: string): StateReason | undefined => {
    const target = {
      operation: 'DeployWorkspaceApplications' as const,
      page: 1,
      workspaceIDs: [workspaceID],
      applicationIDs: [applicationID],
    };
    const struck = this.#strike((fault) => fault.fault === 'DeploymentError' && fits(fault, target));
    if (struck?.errorCode === undefined) {
      return undefined;
    }
    return { errorCode: struck.errorCode, errorMessage: struck.message ?? ERROR_MESSAGES[struck.errorCode] };
  };

  #strike(matches: (fault: Fault) => boolean): Fault | undefined {
    const hit = this.#active.find(({ fault, struck }) => {
      const isLeft = fault.times === undefined || struck < fault.times;
      return isLeft && matches(fault) && (fault.probability === undefined || this.#random() < fault.probability);
    });
    if (hit !== undefined) {
      hit.struck += 1;
    }
    return hit?.fault;
  }
}

function fits({ operation, workspaceID, applicationID, page }: Fault, target: FaultTarget): boolean {
  return (
    (operation ?? target.operation) === target.operation &&
    (page ?? target.page) === target.page &&
    (workspaceID === undefined || target.workspaceIDs.includes(workspaceID)) &&
    (applicationID === undefined || target.applicationIDs.includes(applicationID))
  );
}
