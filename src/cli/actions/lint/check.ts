import { distance } from 'fastest-levenshtein';
import { InvalidResourceError } from '../../../policy/invalidField.ts';
import type { SchemaError } from '../../../policy/jsonSchema.ts';
import { parsePolicy } from '../../../policy/parse.ts';
import { parseFleet } from '../../../policy/parseFleet.ts';
import { ruleProblems } from '../../../policy/rules.ts';
import { isKind, type Kind, schemaOf, validateResource } from '../../../policy/schema.ts';
import { sanitize } from '../../../sanitize.ts';
import type { ManifestSources, Position, SourceResource } from '../manifests.ts';

/** What is wrong, where, and what would be right. */
export interface LintProblem {
  readonly file: string;
  readonly position: Position;
  /** The line that it is in. */
  readonly excerpt: string;
  /** Empty for the resource, or the file, as a whole. */
  readonly field: string;
  /** `Syntax`, `Schema`, `Rule` or `Duplicate`. */
  readonly check: string;
  readonly message: string;
}

export interface LintResult {
  /** How many policies and fleets were checked. */
  readonly checked: number;
  /** By file, then by line. */
  readonly problems: readonly LintProblem[];
}

const GROUP = 'wsap.dev/';

/** Checks every policy and fleet among the resources, as the API server and the operator would; others are none of its business. */
export function lint({ resources, broken }: ManifestSources): LintResult {
  const syntax = broken.map(({ file, position, message, lineAt }) => ({
    file,
    position,
    excerpt: lineAt(position.line),
    field: '',
    check: 'Syntax',
    message,
  }));
  const ours = resources.filter(isOurs);
  const problems = [...syntax, ...ours.flatMap(problemsOf), ...duplicatesIn(ours)];
  return { checked: ours.length, problems: problems.sort(byPlace) };
}

function isOurs({ value }: SourceResource): boolean {
  const { apiVersion, kind } = Object(value) as { apiVersion?: unknown; kind?: unknown };
  // An inventory is a file of the command line, and never applied.
  return typeof apiVersion === 'string' && apiVersion.startsWith(GROUP) && kind !== 'WorkspaceInventory';
}

function problemsOf(resource: SourceResource): LintProblem[] {
  const { kind, apiVersion } = resource.value as { kind?: unknown; apiVersion?: unknown };
  const at = (check: string) => (problem: SchemaError) => located(resource, check, problem);
  if (apiVersion !== `${GROUP}v1alpha1`) {
    return [at('Schema')({ field: 'apiVersion', message: `must be ${GROUP}v1alpha1` })];
  }
  if (!isKind(kind)) {
    return [at('Schema')({ field: 'kind', message: 'must be WorkspaceApplicationPolicy or WorkspaceFleet' })];
  }
  const { status: _, ...copy } = structuredClone(resource.value) as Record<string, unknown>;
  const bySchema = validateResource(kind, copy);
  const byRules = ruleProblems(kind, copy);
  if (bySchema.length > 0) {
    // Beside each pattern stands a rule that says in words what would be right.
    const inWords = new Map(byRules.map(({ field, message }) => [field, message]));
    return bySchema.map(({ field, message }) => {
      const isPattern = message.startsWith('must match pattern');
      return at('Schema')(withSuggestion(kind, { field, message: (isPattern && inWords.get(field)) || message }));
    });
  }
  const said = new Set(byRules.map(({ field }) => field));
  return [...byRules, ...parseProblems(kind, copy).filter(({ field }) => !said.has(field))].map(at('Rule'));
}

/** What goes beyond rules, as a schedule that never comes. */
function parseProblems(kind: Kind, value: unknown): readonly SchemaError[] {
  try {
    if (kind === 'WorkspaceFleet') {
      parseFleet(value);
    } else {
      parsePolicy(value);
    }
    return [];
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error.problems;
    }
    throw error;
  }
}

function duplicatesIn(resources: readonly SourceResource[]): LintProblem[] {
  const seen = new Map<string, SourceResource>();
  return resources.flatMap((resource) => {
    const { kind, metadata } = resource.value as { kind?: string; metadata?: { name?: string; namespace?: string } };
    const key = `${kind} ${metadata?.namespace ?? 'default'}/${metadata?.name}`;
    const first = seen.get(key);
    seen.set(key, first ?? resource);
    if (first === undefined || metadata?.name === undefined) {
      return [];
    }
    const { line } = first.positionOf('metadata.name');
    const message = `there is another ${sanitize(key)} in ${sanitize(first.file)}:${line}; the later one would replace it`;
    return [located(resource, 'Duplicate', { field: 'metadata.name', message })];
  });
}

function located(
  { file, positionOf, lineAt }: SourceResource,
  check: string,
  { field, message }: SchemaError,
): LintProblem {
  const position = positionOf(field);
  return { file, position, excerpt: lineAt(position.line), field, check, message };
}

/** A name is taken for a slip of the pen if it is so many letters from one that there is. */
const SLIP = 3;

function withSuggestion(kind: Kind, { field, message }: SchemaError): SchemaError {
  if (message !== 'unknown field') {
    return { field, message };
  }
  const [, parent = '', name = ''] = /^(?:(.*)\.)?([^.]*)$/.exec(field) ?? [];
  const known = Object.keys(propertiesAt(schemaOf(kind), parent));
  const [best] = known
    .map((one) => ({ one, far: distance(one.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const hint = best !== undefined && best.far <= SLIP ? `did you mean ${best.one}?` : `there are: ${known.join(', ')}`;
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

function byPlace(a: LintProblem, b: LintProblem): number {
  return a.file === b.file ? a.position.line - b.position.line : a.file < b.file ? -1 : 1;
}
