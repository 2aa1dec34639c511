import Type, { type Static } from 'typebox';
import { EVENT_NAMES } from '../eventbridge/eventNames.ts';
import { ASSOCIATION_ERROR_CODES, type StateReason } from '../fleet/model.ts';
import { ERROR_MESSAGES } from './lifecycle.ts';
import { OPERATION_NAMES } from './model.ts';
import { APPLICATION_ID_SCHEMA, conditional, DIRECTORY_ID_SCHEMA, WORKSPACE_ID_SCHEMA } from './schemas.ts';
import { SQS_OPERATIONS } from './sqsProtocol.ts';

/** Kinds of faults. */
const FAULT_KINDS = [
  // ThrottlingException, regardless of the rate.
  'Throttle',
  // Server error of AWS with `status`.
  'HttpError',
  // HTML page with `status`, as from a proxy.
  'Html',
  // The connection closes before the call is processed.
  'CloseConnection',
  // The call is processed, then the connection closes without a response.
  'LoseAnswer',
  // The call is neither processed nor answered.
  'Hang',
  // Only `delayMs`.
  'Delay',
  // The identity lacks the permission for the operation.
  'AccessDenied',
  // The exception in `exception`.
  'Exception',
  // `member` of each matching item in a response has the value `value`, or is missing without `value`.
  'ReplaceMember',
  // A page token is rejected.
  'InvalidNextToken',
  // A page responds with the token of its own request.
  'RepeatNextToken',
  // A deployment ends in ERROR with `errorCode`. The response to the call doesn't show it.
  'DeploymentError',
  // The event of a change never arrives. `operation` is the name of the event.
  'LoseEvent',
  // The event of a change arrives `delayMs` later, after the events that follow it.
  'DelayEvent',
  // The event of a change arrives twice, the second time `delayMs` later.
  'DuplicateEvent',
] as const;

/** Faults that affect events, not calls. */
const EVENT_FAULTS: ReadonlySet<string> = new Set(['LoseEvent', 'DelayEvent', 'DuplicateEvent']);

/** Operations of the WorkSpaces API, the Tagging API, and SQS, and names of events. */
export const FAULT_OPERATIONS = [...new Set([...OPERATION_NAMES, ...SQS_OPERATIONS, ...EVENT_NAMES])];

/** Kind of a fault. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Returns a rule: a fault of this kind requires the field. */
function requireField(fault: FaultKind, field: string) {
  return conditional({ properties: { fault: { const: fault } } }, { required: [field] });
}

/** Maximum delay of an event: a day. */
const MAX_DELAY_MS = 86_400_000;
/** Limit for faults of calls: no client waits longer. */
const CALL_DELAY = { properties: { delayMs: { type: 'integer', maximum: 600_000 } } };

/** Schema of a fault and of the calls that it affects. A call must match all given fields. */
export const FAULT_SCHEMA = Type.Object(
  {
    fault: Type.Enum([...FAULT_KINDS]),
    operation: Type.Optional(Type.Enum([...FAULT_OPERATIONS])),
    workspaceID: Type.Optional(WORKSPACE_ID_SCHEMA),
    applicationID: Type.Optional(APPLICATION_ID_SCHEMA),
    directoryID: Type.Optional(DIRECTORY_ID_SCHEMA),
    page: Type.Optional(Type.Integer({ minimum: 1, description: 'Page number of a listing, starting at 1.' })),
    times: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Number of matching calls to affect. Defaults to all of them.' }),
    ),
    probability: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Probability that a matching call is affected. Defaults to 1.',
      }),
    ),
    delayMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_DELAY_MS,
        description:
          'Delay before the fault, in milliseconds. Range: 0 to 600000; for the fault of an event, up to 86400000.',
      }),
    ),
    status: Type.Optional(
      Type.Integer({
        minimum: 400,
        maximum: 599,
        description: 'HTTP status. Defaults to 500 for HttpError and to 502 for Html.',
      }),
    ),
    exception: Type.Optional(
      Type.String({
        pattern: '^[A-Z][A-Za-z0-9]*Exception$',
        description: 'Name of an exception, for example, ResourceInUseException.',
      }),
    ),
    message: Type.Optional(Type.String()),
    member: Type.Optional(
      Type.String({ pattern: '^[A-Z][A-Za-z]*$', description: 'Member of an item, for example, UserName.' }),
    ),
    value: Type.Optional(
      Type.Unknown({ description: 'Value of the member. Defaults to none: the member is missing.' }),
    ),
    errorCode: Type.Optional(Type.Enum([...ASSOCIATION_ERROR_CODES])),
  },
  {
    additionalProperties: false,
    allOf: [
      requireField('Exception', 'exception'),
      requireField('DeploymentError', 'errorCode'),
      requireField('Delay', 'delayMs'),
      requireField('DelayEvent', 'delayMs'),
      conditional({ properties: { fault: { enum: [...EVENT_FAULTS] } } }, {}, CALL_DELAY),
      requireField('ReplaceMember', 'member'),
    ],
  },
);

/** Fault and the calls that it affects. */
export type Fault = Readonly<Static<typeof FAULT_SCHEMA>>;

/** Active fault and the number of calls that it affected. */
export interface ActiveFault extends Fault {
  readonly struck: number;
}

/** Properties of a call that a fault can be limited to. */
export interface FaultTarget {
  readonly operation: (typeof FAULT_OPERATIONS)[number];
  readonly page: number;
  readonly workspaceIDs: readonly string[];
  readonly applicationIDs: readonly string[];
  readonly directoryIDs: readonly string[];
}

/** Active faults. At most one affects a call: the first in order that matches and isn't used up. */
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

  /** Returns the fault that affects the call, if any, and counts it. */
  strike(target: FaultTarget): Fault | undefined {
    return this.#strike((fault) => {
      const isPaging = fault.fault === 'RepeatNextToken' || fault.fault === 'InvalidNextToken';
      const isOfCall = fault.fault !== 'DeploymentError' && !EVENT_FAULTS.has(fault.fault);
      return isOfCall && matchesTarget(fault, target) && !(isPaging && target.page === 1);
    });
  }

  /** Returns the fault that affects the event of a change, if any, and counts it. */
  strikeEvent({
    operation,
    workspaceIDs,
  }: {
    readonly operation: string;
    readonly workspaceIDs: readonly string[];
  }): Fault | undefined {
    return this.#strike(
      (fault) =>
        EVENT_FAULTS.has(fault.fault) &&
        (fault.operation === undefined || fault.operation === operation) &&
        (fault.workspaceID === undefined || workspaceIDs.includes(fault.workspaceID)),
    );
  }

  /** Returns the error with which the deployment of an association will end, if any. */
  readonly failureOf = (workspaceID: string, applicationID: string): StateReason | undefined => {
    const target = {
      operation: 'DeployWorkspaceApplications' as const,
      page: 1,
      workspaceIDs: [workspaceID],
      applicationIDs: [applicationID],
      directoryIDs: [],
    };
    const struck = this.#strike((fault) => fault.fault === 'DeploymentError' && matchesTarget(fault, target));
    if (struck?.errorCode === undefined) {
      return undefined;
    }
    return { errorCode: struck.errorCode, errorMessage: struck.message ?? ERROR_MESSAGES[struck.errorCode] };
  };

  #strike(matches: (fault: Fault) => boolean): Fault | undefined {
    const match = this.#active.find(({ fault, struck }) => {
      const isUsable = fault.times === undefined || struck < fault.times;
      return isUsable && matches(fault) && (fault.probability === undefined || this.#random() < fault.probability);
    });
    if (match !== undefined) {
      match.struck += 1;
    }
    return match?.fault;
  }
}

function matchesTarget(fault: Fault, target: FaultTarget): boolean {
  const { operation, workspaceID, applicationID, directoryID, page } = fault;
  const isInPlace = (operation ?? target.operation) === target.operation && (page ?? target.page) === target.page;
  // The IDs of this fault select items of the response.
  if (fault.fault === 'ReplaceMember') {
    return isInPlace;
  }
  return (
    isInPlace &&
    (directoryID === undefined || target.directoryIDs.includes(directoryID)) &&
    (workspaceID === undefined || target.workspaceIDs.includes(workspaceID)) &&
    (applicationID === undefined || target.applicationIDs.includes(applicationID))
  );
}
