import { distance } from 'fastest-levenshtein';
import { InvalidResourceError } from '../../../policy/invalidField.ts';
import type { SchemaError } from '../../../policy/jsonSchema.ts';
import { METADATA_FIELDS, metadataProblems } from '../../../policy/metadata.ts';
import { parsePolicy } from '../../../policy/parse.ts';
import { parseFleet } from '../../../policy/parseFleet.ts';
import { parseProvider } from '../../../policy/parseProvider.ts';
import { ruleProblems } from '../../../policy/rules.ts';
import {
  isClusterScoped,
  isKind,
  type Kind,
  schemaOf,
  validateResource,
  withoutDefaultedNulls,
} from '../../../policy/schema.ts';
import { sanitize } from '../../../sanitize.ts';
import type { Position } from '../../../textFile.ts';
import { type ManifestSources, type SourceResource, TEMPLATE_HINT } from '../manifests.ts';
import { notesOn } from './notes.ts';

/** A problem in a manifest, its position, and how to fix it. */
export interface LintProblem {
  readonly file: string;
  readonly position: Position;
  /** Text of the line. */
  readonly excerpt: string;
  /** Path of the field. Empty if the problem concerns the whole resource or file. */
  readonly field: string;
  readonly check: 'Syntax' | 'Schema' | 'Rule' | 'Duplicate' | 'Note';
  readonly message: string;
}

export interface LintResult {
  /** Number of policies, fleets, and providers that were checked. */
  readonly checked: number;
  /** Sorted by file and line. */
  readonly problems: readonly LintProblem[];
  /** Surprising effects of valid policies, which need no correction. Sorted by file and line. */
  readonly notes: readonly LintProblem[];
}

const GROUP = 'wsap.dev/';

/**
 * Checks policies, fleets, and providers with the rules of the API server and of the operator. Ignores other resources.
 *
 * @param now time from which maintenance windows are evaluated for notes. If undefined, the result contains no notes
 */
export function lint({ resources, broken }: ManifestSources, now?: Date): LintResult {
  const syntax = broken.map(({ file, position, message, lineAt }) => ({
    file,
    position,
    excerpt: lineAt(position.line),
    field: '',
    check: 'Syntax' as const,
    message,
  }));
  const checked = resources.filter(isChecked);
  const problems = [...syntax, ...checked.flatMap(problemsOf), ...duplicatesIn(checked)];
  return {
    checked: checked.length,
    problems: problems.sort(byPosition),
    notes: now === undefined ? [] : checked.flatMap((resource) => notesIn(resource, now)).sort(byPosition),
  };
}

function isChecked({ value }: SourceResource): boolean {
  const { apiVersion, kind } = Object(value) as { apiVersion?: unknown; kind?: unknown };
  // An inventory file is only for the command line; it is not a resource of the cluster.
  return typeof apiVersion === 'string' && apiVersion.startsWith(GROUP) && kind !== 'WorkspaceInventory';
}

function problemsOf(resource: SourceResource): LintProblem[] {
  const { kind, apiVersion } = resource.value as { kind?: unknown; apiVersion?: unknown };
  const at = (check: LintProblem['check']) => (problem: SchemaError) => located(resource, check, problem);
  if (apiVersion !== `${GROUP}v1alpha1`) {
    return [at('Schema')({ field: 'apiVersion', message: `must be ${GROUP}v1alpha1` })];
  }
  if (!isKind(kind)) {
    return [
      at('Schema')({
        field: 'kind',
        message: 'must be WorkspaceApplicationPolicy, WorkspaceFleet, or NotificationProvider',
      }),
    ];
  }
  const { status: _, ...copy } = structuredClone(withoutDefaultedNulls(kind, resource.value)) as Record<
    string,
    unknown
  >;
  const bySchema = [...metadataProblems(kind, copy), ...validateResource(kind, copy)];
  const byRules = ruleProblems(kind, copy);
  if (bySchema.length > 0) {
    // The message of the rule for a field explains its pattern.
    const explanations = new Map(byRules.map(({ field, message }) => [field, message]));
    return bySchema.map(({ field, message }) => {
      const isPattern = message.startsWith('must match pattern');
      return at('Schema')(withSuggestion(kind, { field, message: (isPattern && explanations.get(field)) || message }));
    });
  }
  const reported = new Set(byRules.map(({ field }) => field));
  return [...byRules, ...parseProblems(kind, copy).filter(({ field }) => !reported.has(field))].map(at('Rule'));
}

const PARSERS: Readonly<Record<Kind, (value: unknown) => unknown>> = {
  WorkspaceApplicationPolicy: parsePolicy,
  WorkspaceFleet: parseFleet,
  NotificationProvider: parseProvider,
};

/** Returns the problems that only the parser finds, for example, a schedule that never occurs. */
function parseProblems(kind: Kind, value: unknown): readonly SchemaError[] {
  try {
    PARSERS[kind](value);
    return [];
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error.problems;
    }
    throw error;
  }
}

/** Returns the notes on a policy. Empty for an invalid policy, which has problems instead. */
function notesIn(resource: SourceResource, now: Date): LintProblem[] {
  const { kind } = resource.value as { kind?: unknown };
  if (kind !== 'WorkspaceApplicationPolicy') {
    return [];
  }
  try {
    const policy = parsePolicy(withoutDefaultedNulls(kind, resource.value));
    return notesOn(policy, now).map((note) => located(resource, 'Note', note));
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return [];
    }
    throw error;
  }
}

function duplicatesIn(resources: readonly SourceResource[]): LintProblem[] {
  const seen = new Map<string, SourceResource>();
  return resources.flatMap((resource) => {
    const { kind, metadata } = resource.value as { kind?: string; metadata?: { name?: string; namespace?: string } };
    const namespace = isKind(kind) && isClusterScoped(kind) ? '' : `${metadata?.namespace ?? 'default'}/`;
    const key = `${kind} ${namespace}${metadata?.name}`;
    const first = seen.get(key);
    seen.set(key, first ?? resource);
    if (first === undefined || metadata?.name === undefined) {
      return [];
    }
    const { line } = first.positionOf('metadata.name');
    const message = `duplicate of ${sanitize(key)} in ${sanitize(first.file)}:${line}; kubectl apply would overwrite the first one`;
    return [located(resource, 'Duplicate', { field: 'metadata.name', message })];
  });
}

function located(
  { file, positionOf, lineAt }: SourceResource,
  check: LintProblem['check'],
  { field, message }: SchemaError,
): LintProblem {
  const position = positionOf(field);
  const excerpt = lineAt(position.line);
  const hint = excerpt.includes('{{') ? TEMPLATE_HINT : '';
  return { file, position, excerpt, field, check, message: `${message}${hint}` };
}

/** Maximum edit distance between an unknown field and the suggested field. */
const MAX_TYPO_DISTANCE = 3;

function withSuggestion(kind: Kind, { field, message }: SchemaError): SchemaError {
  if (message !== 'unknown field') {
    return { field, message };
  }
  const [, parent = '', name = ''] = /^(?:(.*)\.)?([^.]*)$/.exec(field) ?? [];
  const known = Object.keys(parent === 'metadata' ? METADATA_FIELDS : propertiesAt(schemaOf(kind), parent));
  const [best] = known
    .map((candidate) => ({ candidate, edits: distance(candidate.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const hint =
    best !== undefined && best.edits <= MAX_TYPO_DISTANCE
      ? `did you mean ${best.candidate}?`
      : `known fields: ${known.join(', ')}`;
  return { field, message: `unknown field; ${hint}` };
}

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
}

function propertiesAt(schema: unknown, field: string): Readonly<Record<string, Node>> {
  const steps = field === '' ? [] : field.split(/\.|(?=\[)/);
  const node = steps.reduce<Node | undefined>(
    (current, step) => (step.startsWith('[') ? current?.items : current?.properties?.[step]),
    schema as Node,
  );
  return node?.properties ?? {};
}

function byPosition(a: LintProblem, b: LintProblem): number {
  return a.file === b.file ? a.position.line - b.position.line : a.file < b.file ? -1 : 1;
}
