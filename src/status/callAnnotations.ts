import type { CallSummary } from '../execute/outcome.ts';
import {
  APPROVED_BY_ANNOTATION,
  EDITED_BY_ANNOTATION,
  GENERATION_ANNOTATION,
  PLAN_ANNOTATION,
  REQUEST_IDS_ANNOTATION,
} from '../policy/annotations.ts';

/** Maximum number of AWS request IDs in an Event. The audit log contains all. */
const MAX_REQUEST_IDS = 100;

/** Returns the annotations of the Event of some calls: who requested them, and the request IDs by which AWS knows them. */
export function callAnnotations(calls: readonly CallSummary[]): Record<string, string> {
  const values = {
    [GENERATION_ANNOTATION]: calls.map(({ policy }) => String(policy.generation)),
    [PLAN_ANNOTATION]: calls.map(({ plan }) => plan),
    [EDITED_BY_ANNOTATION]: calls.map(({ editedBy }) => editedBy?.manager ?? ''),
    [APPROVED_BY_ANNOTATION]: calls.map(({ approvedBy }) => approvedBy?.manager ?? ''),
    [REQUEST_IDS_ANNOTATION]: calls.flatMap(({ requestIDs }) => requestIDs).slice(0, MAX_REQUEST_IDS),
  };
  return Object.fromEntries(
    Object.entries(values)
      .map(([name, texts]) => [name, [...new Set(texts)].filter((text) => text !== '').join(',')] as const)
      .filter(([, text]) => text !== ''),
  );
}
