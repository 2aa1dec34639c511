import { sanitize } from '../../../sanitize.ts';
import { toJson } from '../../output/safeOutput.ts';
import { colored, type Style } from '../../output/terminal.ts';
import type { TestResult } from './run.ts';

/** Output formats of `wsap test`. */
export const TEST_FORMATS = { text: asText, json: toJson, junit: asJunit } as const;
export type TestFormat = keyof typeof TEST_FORMATS;

function asText(results: readonly TestResult[], isColored: boolean): string {
  const paint = (style: Style, text: string) => colored(style, text, isColored);
  const byTest = Map.groupBy(results, ({ file, test }) => `${test} (${file})`);
  const blocks = [...byTest].map(([title, ofTest]) =>
    [
      paint('bold', sanitize(title, 300)),
      ...ofTest.map(({ name, failure }) =>
        failure === undefined
          ? `  ${paint('green', 'pass')}  ${sanitize(name, 500)}`
          : `  ${paint('red', 'FAIL')}  ${sanitize(name, 500)}\n        ${sanitize(failure, 1024)}`,
      ),
    ].join('\n'),
  );
  const failed = results.filter(({ failure }) => failure !== undefined).length;
  const summary = `${results.length - failed} passed, ${failed} failed`;
  return `${[...blocks, paint(failed > 0 ? 'red' : 'green', summary)].join('\n\n')}\n`;
}

/** Formats results as JUnit XML, for CI systems. */
function asJunit(results: readonly TestResult[]): string {
  const byFile = Map.groupBy(results, ({ file }) => file);
  const suites = [...byFile].map(([file, ofFile]) => {
    const cases = ofFile.map(({ test, name, failure }) => {
      const attributes = `classname="${attribute(test)}" name="${attribute(name)}"`;
      return failure === undefined
        ? `    <testcase ${attributes}/>`
        : `    <testcase ${attributes}>\n      <failure message="${attribute(failure)}"/>\n    </testcase>`;
    });
    const failures = ofFile.filter(({ failure }) => failure !== undefined).length;
    const head = `  <testsuite name="${attribute(file)}" tests="${ofFile.length}" failures="${failures}">`;
    return [head, ...cases, '  </testsuite>'].join('\n');
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

function attribute(text: string): string {
  return sanitize(text, 1024)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
