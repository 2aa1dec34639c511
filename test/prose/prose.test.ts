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

/** Findings of the rules `heed` and `has-a-say`, which the fixtures break, as `line:column rule`. */
function places(path: string, source: string): string[] {
  return findingsIn(path, source)
    .filter(({ rule }) => ['heed', 'has-a-say', 'as-example', 'terms', 'prose-ignore'].includes(rule))
    .map(({ line, column, rule }) => `${line}:${column} ${rule}`);
}

describe('Markdown', () => {
  it('has prose in paragraphs, headings, lists, tables, quotes and link texts', () => {
    const source = [
      '# A heed',
      '',
      'Heed *this [heed](heed.md "heed")*.',
      '',
      '- heed',
      '  1. heed',
      '',
      '> heed',
      '',
      '| heed | b |',
      '|---|---|',
      '| c | heed |',
      '',
    ].join('\n');

    expect(places('a.md', source)).toEqual(
      ['1:5', '3:1', '3:13', '5:3', '6:6', '8:3', '10:3', '12:7'].map((place) => `${place} heed`),
    );
  });

  it('has no prose in code, links and HTML', () => {
    const source = [
      '# Title',
      '',
      'See `heed`, ``heed `heed` ``, <https://heed.example>, [a](heed.md), <b title="heed">b</b>, src/heed/heed.ts,',
      'heed.ts, --heed, /heed/me and spec.heed.',
      '',
      '```yaml',
      'heed: heed',
      '```',
      '',
      '    heed',
      '',
      '<!-- heed -->',
      '',
      '[a]: https://example.com/heed "heed"',
      '',
    ].join('\n');

    expect(places('a.md', source)).toEqual([]);
  });

  it('finds words over the end of a line and at a code span, and none over the end of a paragraph', () => {
    expect(places('a.md', '# T\n\nIt has no\nsay, as\n`ws-1`.\n')).toEqual(['3:8 has-a-say', '4:4 as-example']);
    expect(places('a.md', '# T\n\nIt has no\n\nsay.\n')).toEqual([]);
  });

  it('is checked only in the newest release of a changelog', () => {
    const source =
      '# Changelog\n\n## [Unreleased]\n\nHeed.\n\n## [0.2.0] - 2026-01-01\n\nHeed.\n\n## [0.1.0]\n\nHeed.\n';

    expect(places('CHANGELOG.md', source)).toEqual(['5:1 heed', '9:1 heed']);
  });

  it('has at most 100 columns, but in tables, code and lines of one link', () => {
    const long = 'word '.repeat(20);
    const source = ['# T', '', `${long}end.`, '', `\`\`\`sh\n${long}end\n\`\`\``, '', `| ${long} |\n|---|`, ''].join(
      '\n',
    );

    expect(findingsIn('a.md', source).map(formatFinding)).toEqual([
      'a.md:3:101 line-length: Line length: Expected: 100; Actual: 104',
    ]);
    expect(findingsIn('a.md', `# T\n\n<https://example.com/${'x'.repeat(100)}>\n`)).toEqual([]);
  });
});

describe('YAML', () => {
  it('has prose in descriptions, messages and comments', () => {
    const source = [
      '# Heed',
      '#   heed --an example',
      'heed: heed',
      'description: heed',
      'properties:',
      '  message:',
      '    type: string # heed',
      '    description: >-',
      '      Nobody has',
      '      a say.',
      '    x-kubernetes-validations:',
      '      - rule: "heed"',
      "        message: 'heed it'",
      'annotations: { summary: heed, expr: heed }',
      '',
    ].join('\n');

    expect(places('crds/a.yaml', source)).toEqual([
      '1:3 heed',
      '4:14 heed',
      '7:20 heed',
      '10:7 has-a-say',
      '13:19 heed',
      '14:25 heed',
    ]);
  });

  it('reads a template of Helm for its comments', () => {
    const source = '# heed\n{{- if .Values.heed }}\n# Heed {{ .Values.heed }}.\nheed: {{ .heed }}\n{{- end }}\n';

    expect(places('deploy/a.yaml', source)).toEqual(['1:3 heed', '3:3 heed']);
  });
});

describe('TypeScript', () => {
  it('has prose in strings, templates and comments', () => {
    const source = [
      "import { heed } from './heed me.ts';",
      '/**',
      ' * Nobody has',
      ' * a say. See `heed` and {@link heed}.',
      ' */',
      "const heed = 'heed it' + \"don't heed\";",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template in the fixture
      'const text = `Policies heed ${heed(`heed them ${heed}`)} heed`; // Heed',
      '// Nobody has',
      '// a say.',
      "const pattern = /\\/\\/ heed it/; const key = { heed: 'heed' }; // ws-1",
      '',
    ].join('\n');

    expect(places('src/a.ts', source)).toEqual([
      '4:4 has-a-say',
      '6:15 heed',
      '6:33 heed',
      '7:24 heed',
      '7:37 heed',
      '7:58 heed',
      '7:68 heed',
      '9:4 has-a-say',
    ]);
  });

  it('has none in generated types', () => {
    expect(places('src/a.gen.ts', '// heed it\n')).toEqual([]);
  });
});

describe('an escape', () => {
  it('applies to its line and to the next', () => {
    expect(places('a.md', '# T\n\n<!-- prose-ignore heed: a quotation -->\nHeed, heed.\nHeed.\n')).toEqual([
      '5:1 heed',
    ]);
    expect(places('src/a.ts', '// prose-ignore heed: a quotation\n// heed\n')).toEqual([]);
    expect(places('a.yaml', 'description: heed # prose-ignore heed: a quotation\n')).toEqual([]);
  });

  it('names the rule', () => {
    expect(places('src/a.ts', '// prose-ignore terms: a quotation\n// heed it\n')).toEqual([
      '1:1 prose-ignore',
      '2:4 heed',
    ]);
  });

  it('has a reason', () => {
    expect(findingsIn('src/a.ts', '// prose-ignore heed\n// heed it\n').map(formatFinding)).toEqual([
      'src/a.ts:1:1 prose-ignore: no reason (write prose-ignore heed: REASON)',
    ]);
  });

  it('is removed with its finding', () => {
    expect(findingsIn('src/a.ts', '// prose-ignore heed: a quotation\n// fine\n').map(formatFinding)).toEqual([
      'src/a.ts:1:1 prose-ignore: no finding of heed on this line or the next (remove the comment)',
    ]);
  });

  it('is code where it is explained', () => {
    expect(
      places('a.md', '# T\n\n`<!-- prose-ignore heed: why -->`\n\n```md\n<!-- prose-ignore heed: why -->\n```\n'),
    ).toEqual([]);
  });
});
