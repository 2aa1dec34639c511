import { describe, expect, it } from 'vitest';
import type { Kind } from './extract.ts';
import { findingsIn, formatFinding } from './lint.ts';
import { compile, RULE_SOURCES } from './rules.ts';

function rulesBroken(path: string, source: string): string[] {
  return findingsIn(path, source).map(({ rule }) => rule);
}

describe('the rules', () => {
  const fixtures: Record<Kind, (text: string) => [string, string]> = {
    docs: (text) => ['docs/page.md', `# Title\n\n${text}\n`],
    api: (text) => ['crds/x.yaml', `description: |\n  ${text}\n`],
    messages: (text) => ['src/x.ts', `export const text = ${JSON.stringify(`It says. ${text}`)};\n`],
    comments: (text) => ['src/x.ts', `/** ${text} */\nexport {};\n`],
    deploy: (text) => ['deploy/x.yaml', `# ${text}\na: 1\n`],
  };

  for (const source of RULE_SOURCES) {
    const { name } = source;
    for (const kind of compile(source).kinds) {
      it.each(source.wrong)(`${name} finds a mistake in ${kind}: %s`, (text) => {
        expect(rulesBroken(...fixtures[kind](text))).toContain(name);
      });

      it.each(source.right)(`${name} accepts in ${kind}: %s`, (text) => {
        expect(rulesBroken(...fixtures[kind](text))).not.toContain(name);
      });
    }
  }
});

describe('a finding', () => {
  it('has a place, a rule, a message and a suggestion', () => {
    const source = '# Title\n\nText.\nEvery policy has\na say.\n';

    expect(findingsIn('docs/page.md', source).map(formatFinding)).toEqual([
      'docs/page.md:5:1 has-a-say: avoid "a say" (applies, is evaluated, is ignored)',
    ]);
  });
});
