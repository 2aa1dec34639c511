import { styleText } from 'node:util';
import { sanitize } from '../../../sanitize.ts';
import { toJson } from '../../output/safeOutput.ts';
import type { TestResult } from './run.ts';

/** How test results can be told. */
export const TEST_FORMATS = { text: asText, json: toJson, junit: asJunit } as const;
export type TestFormat = keyof typeof TEST_FORMATS;

function asText(results: readonly TestResult[], isColoured: boolean): string {
  const paint = (style: 'green' | 'red' | 'bold', text: string) =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
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

/** JUnit's XML, as CI systems read it. */
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
