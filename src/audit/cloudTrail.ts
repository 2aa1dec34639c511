import { locationKey, type TrailEvent, type TrailExport, type TrailPeriod } from './trailEvents.ts';
import type { AuditedChange } from './verify.ts';

/** Kinds of differences between a log and CloudTrail. */
type TrailProblemKind = 'Unrecorded' | 'NotInCloudTrail' | 'DifferentResult' | 'DifferentCall';

interface TrailProblem {
  readonly kind: TrailProblemKind;
  readonly message: string;
}

/** Comparison of a log with CloudTrail. */
export interface TrailComparison {
  /** Changes in both. */
  readonly matched: number;
  /** Changes whose events CloudTrail may not have delivered yet, or that happened after the export. */
  readonly pending: number;
  /** Changes with an unknown result that CloudTrail settles. */
  readonly settled: number;
  /** Changes that were not compared, because the events don't cover their time, account, or region. */
  readonly notCovered: number;
  /** Calls of others, which the log doesn't contain. */
  readonly others: number;
  /** Calls by the identities of the log before its first record. */
  readonly earlier: number;
  /** Identities that the log doesn't name, and that use the operator's user agent, for example, those of another installation. */
  readonly unnamedOperators: readonly string[];
  readonly problems: readonly TrailProblem[];
}

/** User agent of the operator, which identifies its calls if the log names no identity. */
const USER_AGENT = /(^|[\s[])wsap([/\s\]]|$)/;

/** Difference between the clock of the operator and of AWS, and the time that a call takes. */
const TOLERANCE_MS = 5 * 60_000;

/**
 * Compares the changes of a log with the events of CloudTrail by request ID. A call by an identity that the log names must be in the log,
 * and a change in the log must be in CloudTrail.
 *
 * @param since calls before this time, for example, before the first record of the log, are counted separately
 */
export function compareWithCloudTrail(
  changes: readonly AuditedChange[],
  { events, periods }: TrailExport,
  since: Date,
): TrailComparison {
  const byRequest = new Map(events.map((event) => [event.requestID, event]));
  const claimed = new Set<TrailEvent>();
  const problems: TrailProblem[] = [];
  const counts = { matched: 0, pending: 0, settled: 0, notCovered: 0 };
  const unsettled: { readonly change: AuditedChange; readonly last: TrailEvent | undefined }[] = [];
  for (const change of changes) {
    const own = (change.outcome?.requestIDs ?? []).flatMap((id) => byRequest.get(id) ?? []);
    own.forEach((event) => void claimed.add(event));
    problems.push(...own.flatMap((event) => differentCalls(change, event)));
    const last = byRequest.get(change.outcome?.requestIDs.at(-1) ?? '');
    if (lacksResponse(change, last)) {
      unsettled.push({ change, last });
    } else if (last !== undefined) {
      counts.matched++;
      problems.push(...differentResults(change, last));
    } else if (change.outcome?.result !== 'NotSent') {
      // CloudTrail contains nothing about a call that was not sent, or only throttled attempts.
      count(counts, change, periods, () => {
        const what = change.outcome?.result === 'Rejected' ? 'a call that was rejected' : 'the call';
        problems.push({ kind: 'NotInCloudTrail', message: `${textOf(change)}: CloudTrail has no event for ${what}` });
      });
    }
  }
  for (const { change, last } of unsettled) {
    const candidates = events.filter((one) => !claimed.has(one) && mayBeOf(one, change));
    const accepted = candidates.find(({ errorCode }) => errorCode === undefined);
    // Failed attempts changed nothing. At most one attempt is accepted.
    const own = candidates.filter((event) => event === accepted || event.errorCode !== undefined);
    own.forEach((event) => void claimed.add(event));
    if (own.length > 0) {
      counts.settled++;
    } else if (last !== undefined) {
      counts.matched++;
    } else {
      count(counts, change, periods, () => {
        if (change.outcome?.confirmedByRead === true) {
          problems.push({ kind: 'NotInCloudTrail', message: `${textOf(change)}: CloudTrail has no event for it` });
        } else {
          // AWS never received the call.
          counts.settled++;
        }
      });
    }
  }
  return { ...counts, ...unclaimed(changes, events, claimed, since, problems), problems };
}

/** Counts a change without an event, or calls `onCovered` if the events cover it. */
function count(
  counts: { pending: number; notCovered: number },
  { time, intent }: AuditedChange,
  periods: ReadonlyMap<string, TrailPeriod>,
  onCovered: () => void,
): void {
  const period = periods.get(locationKey(intent));
  if (period === undefined || time < period.start) {
    counts.notCovered++;
  } else if (time > period.end) {
    counts.pending++;
  } else {
    onCovered();
  }
}

/** Returns the counts of the events that belong to no change of the log, and adds the problems. */
function unclaimed(
  changes: readonly AuditedChange[],
  events: readonly TrailEvent[],
  claimed: ReadonlySet<TrailEvent>,
  since: Date,
  problems: TrailProblem[],
): Pick<TrailComparison, 'others' | 'earlier' | 'unnamedOperators'> {
  const callers = new Set(changes.flatMap(({ intent }) => (intent.caller === null ? [] : roleOf(intent.caller))));
  const unnamed = new Set<string>();
  let [others, earlier] = [0, 0];
  for (const event of events) {
    if (claimed.has(event)) {
      continue;
    }
    const roles = roleOf(event.caller);
    const hasUserAgent = USER_AGENT.test(event.userAgent);
    const isOperator = callers.size > 0 ? roles.some((role) => callers.has(role)) : hasUserAgent;
    // Events have a resolution of one second.
    const isEarlier = event.time.getTime() + 1_000 <= since.getTime();
    if (isOperator && isEarlier) {
      earlier++;
    } else if (isOperator) {
      const { operation, workspaceID, applicationID = '', requestID, time } = event;
      const call = `${operation} ${workspaceID} ${applicationID}`.trim();
      problems.push({
        kind: 'Unrecorded',
        message: `${call} at ${time.toISOString()} (request ${requestID}) by the operator is not in the log`,
      });
    } else if (!isEarlier) {
      others++;
      if (hasUserAgent) {
        unnamed.add(roles[0] ?? `${event.accountID} unknown identity`);
      }
    }
  }
  return { others, earlier, unnamedOperators: [...unnamed].sort() };
}

/**
 * Whether the response to the last attempt of a call may be lost, so that the log lacks its request ID: the process ended, or no response
 * arrived, and CloudTrail shows that no attempt in the log was accepted.
 */
function lacksResponse({ outcome }: AuditedChange, last: TrailEvent | undefined): boolean {
  if (outcome === undefined) {
    return true;
  }
  const isUnconfirmed = outcome.result === 'Unknown' || outcome.confirmedByRead;
  const hasAccepted = last !== undefined && last.errorCode === undefined;
  return outcome.result !== 'NotSent' && (outcome.requestIDs.length === 0 || (isUnconfirmed && !hasAccepted));
}

function differentCalls(change: AuditedChange, event: TrailEvent): TrailProblem[] {
  const { intent } = change;
  const ids = intent.changes.map(({ applicationID }) => applicationID);
  const { operation, workspaceID, applicationID, accountID, region } = event;
  // CloudTrail omits the parameters of some failed calls.
  const isSameCall =
    operation === intent.call &&
    (workspaceID === '' || workspaceID === intent.workspaceID) &&
    (applicationID === undefined || ids.includes(applicationID)) &&
    locationKey(event) === locationKey(intent);
  const call = `${operation} ${workspaceID} ${applicationID ?? ''}`.trim();
  const where = `in account ${accountID}, region ${region}`;
  return isSameCall
    ? []
    : [{ kind: 'DifferentCall', message: `${textOf(change)}: CloudTrail shows ${call} ${where} for its request ID` }];
}

function differentResults(change: AuditedChange, { errorCode }: TrailEvent): TrailProblem[] {
  const result = change.outcome?.result;
  const isAccepted = errorCode === undefined;
  const contradicts =
    result === 'Succeeded' ? !isAccepted : isAccepted && (result === 'Rejected' || result === 'NotSent');
  return contradicts
    ? [
        {
          kind: 'DifferentResult',
          message: `${textOf(change)}: the log says ${result}, and CloudTrail ${errorCode ?? 'success'}`,
        },
      ]
    : [];
}

/** Whether an event without a recorded request ID can be the call of a change. */
function mayBeOf(event: TrailEvent, { intent, time }: AuditedChange): boolean {
  return (
    event.operation === intent.call &&
    event.workspaceID === intent.workspaceID &&
    (event.applicationID === undefined || intent.changes[0]?.applicationID === event.applicationID) &&
    locationKey(event) === locationKey(intent) &&
    Math.abs(event.time.getTime() - time.getTime()) <= TOLERANCE_MS
  );
}

/** Returns the account and the name of the role or user in an ARN, if there is one. A session of a role belongs to the role. */
function roleOf(arn: string): string[] {
  const [, account, type, path = ''] = /^arn:[^:]*:(?:sts|iam)::(\d*):(assumed-role|role|user)\/(.+)$/.exec(arn) ?? [];
  const names = path.split('/');
  const name = type === 'assumed-role' ? names[0] : names.at(-1);
  return account === undefined ? [] : [`${account} ${type === 'user' ? 'user' : 'role'} ${name}`];
}

function textOf({ chain, sequence, intent }: AuditedChange): string {
  const application = intent.call === 'DeployWorkspaceApplications' ? '' : ` ${intent.changes[0]?.applicationID ?? ''}`;
  return `${intent.call} ${intent.workspaceID}${application} (record ${sequence} of ${chain})`;
}
