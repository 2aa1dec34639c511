import { APPROVED_PLAN_ANNOTATION } from '../policy/annotations.ts';
import { sanitize } from '../sanitize.ts';
import type { FieldManager } from './record.ts';

/** Who edited and who approved a policy last. */
export interface PolicyAuthors {
  /** Undefined if the API server doesn't report it. */
  readonly editedBy: FieldManager | undefined;
  /** Who set the annotation that approves a plan. Undefined without the annotation, or if the API server doesn't report it. */
  readonly approvedBy: FieldManager | undefined;
}

/** Maximum length of the name of a manager (Kubernetes API, metav1.ManagedFieldsEntry). */
const MAX_MANAGER_CHARACTERS = 128;

/**
 * Returns the authors of a policy according to its `metadata.managedFields`. They contain the name that the client chose, not the user. A
 * manager that only removes fields of others is not in them.
 */
export function authorsIn(managedFields: unknown): PolicyAuthors {
  const entries = Array.isArray(managedFields) ? managedFields.map(membersOf) : [];
  const ownerOf = (owns: (fields: Readonly<Record<string, unknown>>) => boolean) =>
    entries
      // The status has owners of its own.
      .filter(({ subresource, fieldsV1 }) => !subresource && owns(membersOf(fieldsV1)))
      .flatMap(toManager)
      .sort((a, b) => Date.parse(b.time) - Date.parse(a.time))
      .at(0);
  return {
    editedBy: ownerOf((fields) => 'f:spec' in fields),
    approvedBy: ownerOf((fields) => {
      const annotations = membersOf(membersOf(fields['f:metadata'])['f:annotations']);
      return `f:${APPROVED_PLAN_ANNOTATION}` in annotations;
    }),
  };
}

function toManager({ manager, operation, time }: Readonly<Record<string, unknown>>): FieldManager[] {
  return typeof manager === 'string' && typeof time === 'string' && !Number.isNaN(Date.parse(time))
    ? [{ manager: sanitize(manager, MAX_MANAGER_CHARACTERS), operation: sanitize(String(operation), 16), time }]
    : [];
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
