import { sanitize } from '../../../sanitize.ts';
import { toJson } from '../../output/safeOutput.ts';
import { version } from '../../version.ts';
import type { LintProblem, LintResult } from './check.ts';

/** Output formats of `wsap lint`. */
export const LINT_FORMATS = { text: asText, json: asJson, sarif: asSarif, github: asGithub } as const;
export type LintFormat = keyof typeof LINT_FORMATS;

/** Maximum number of characters of a line that are shown. */
const MAX_EXCERPT_LENGTH = 160;

/** Formats problems as compilers do: `file:line:column: message`, then the line with a mark below it. */
function asText({ checked, problems, notes }: LintResult): string {
  const found = [...problems, ...notes].map((problem) => {
    const { line, column } = problem.position;
    // A tab counts as one column.
    const excerpt = sanitize(problem.excerpt.replaceAll('\t', ' '), MAX_EXCERPT_LENGTH);
    const mark = column <= excerpt.length + 1 ? `\n  ${' '.repeat(column - 1)}^` : '';
    return `${sanitize(problem.file)}:${line}:${column}: ${labelOf(problem)}${sentenceOf(problem)}\n  ${excerpt}${mark}\n`;
  });
  return `${[...found, summaryOf(checked, problems.length)].join('')}\n`;
}

function asJson(result: LintResult): string {
  return toJson(result);
}

/** Formats problems in SARIF 2.1.0, for code scanning. */
function asSarif({ problems, notes }: LintResult): string {
  const all = [...problems, ...notes];
  const results = all.map((problem) => ({
    ruleId: problem.check,
    level: problem.check === 'Note' ? 'note' : 'error',
    message: { text: sentenceOf(problem) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: problem.file.replaceAll('\\', '/') },
          region: { startLine: problem.position.line, startColumn: problem.position.column },
        },
      },
    ],
  }));
  const rules = [...new Set(all.map(({ check }) => check))].map((id) => ({ id }));
  const run = { tool: { driver: { name: 'wsap', version, rules } }, results };
  const schema = 'https://json.schemastore.org/sarif-2.1.0.json';
  return toJson({ $schema: schema, version: '2.1.0', runs: [run] });
}

/** Formats problems as annotations of GitHub Actions (workflow commands). */
function asGithub({ checked, problems, notes }: LintResult): string {
  const lines = [...problems, ...notes].map((problem) => {
    const { line, column } = problem.position;
    const properties = `file=${property(problem.file)},line=${line},col=${column},title=wsap lint`;
    return `::${problem.check === 'Note' ? 'notice' : 'error'} ${properties}::${data(sentenceOf(problem))}`;
  });
  return `${[...lines, summaryOf(checked, problems.length)].join('\n')}\n`;
}

function labelOf({ check }: LintProblem): string {
  return check === 'Note' ? 'note: ' : '';
}

function sentenceOf({ field, message }: LintProblem): string {
  return sanitize(field === '' ? message : `${field}: ${message}`, 1024);
}

function summaryOf(checked: number, problems: number): string {
  const total = `${checked} ${checked === 1 ? 'resource' : 'resources'} checked`;
  return problems === 0
    ? `${total}, no problems found`
    : `${total}, ${problems} ${problems === 1 ? 'problem' : 'problems'} found`;
}

/** Escapes the message of a workflow command. A line break would end the command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Escapes a property of a workflow command. A colon or comma would end the property. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
