/** `npm run check` rejects what CONTRIBUTING.md forbids: each of these texts fails the program that the script runs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { duplicateExports } from '../exportedNames.ts';

const ROOT = join(import.meta.dirname, '../..');
const commands = manifest.scripts.check.split(' && ');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wsap-check-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(program: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('npm run check', () => {
  it('runs every check', () => {
    expect(commands).toEqual([
      'tsc -p .',
      'biome ci --error-on-warnings',
      'knip',
      'node test/sourceTree.ts',
      'node test/purity.ts',
      'node test/exportedNames.ts',
      'node test/prose/main.ts',
      'npm run --silent generate -- --check',
    ]);
  });

  const sentences = [
    ['ID of the WorkSpace, as ws-0123456789.', 'as-example'],
    ['ID of the WorkSpace as ws-0123456789.', 'as-example'],
    ['Every policy of the fleet has a say.', 'has-a-say'],
  ] as const;
  const files = [
    ['page.md', (sentence: string) => `# Title\n\n${sentence}\n`],
    ['crd.yaml', (sentence: string) => `description: ${sentence}\n`],
    ['comment.ts', (sentence: string) => `/** ${sentence} */\nexport const a = 1;\n`],
    ['message.ts', (sentence: string) => `export const message = '${sentence}';\n`],
  ] as const;
  const cases = sentences.flatMap(([sentence, rule]) =>
    files.map(([name, textOf]) => ({ sentence, rule, name, text: textOf(sentence) })),
  );

  it.each(cases)('fails on "$sentence" in $name', ({ rule, name, text }) => {
    const path = join(folder, name);
    writeFileSync(path, text);

    const { status, output } = run(process.execPath, ['test/prose/main.ts', path]);

    expect(output).toContain(` ${rule}: avoid `);
    expect(status).toBe(1);
  });

  it('passes the sentences that replace them', () => {
    const path = join(folder, 'good.md');
    writeFileSync(path, '# Title\n\nID of the WorkSpace, for example, ws-0123456789. Every policy applies.\n');

    expect(run(process.execPath, ['test/prose/main.ts', path])).toEqual({ status: 0, output: '' });
  });

  it('fails on an exported name with two meanings', () => {
    const tree = new Map([
      ['src/plan/plan.ts', 'export interface Change {}'],
      ['src/kube/store.ts', 'export interface Change {}'],
    ]);

    expect(duplicateExports(tree)).toEqual([
      'Change is exported by src/plan/plan.ts and src/kube/store.ts: rename one, or re-export the other',
    ]);
  });

  it('fails on an if without a block', () => {
    const path = join(folder, 'block.ts');
    const options = ['--config-path=biome.json', '--vcs-enabled=false', '--colors=off'];
    const biome = (text: string) => {
      writeFileSync(path, text);
      return run(join(ROOT, 'node_modules/.bin/biome'), ['ci', '--error-on-warnings', ...options, path]);
    };

    const { status, output } = biome('export function f(a: boolean): number {\n  if (a) return 1;\n  return 2;\n}\n');

    expect(output).toContain('lint/style/useBlockStatements');
    expect(status).toBe(1);
    const withBlock = 'export function f(a: boolean): number {\n  if (a) {\n    return 1;\n  }\n  return 2;\n}\n';
    expect(biome(withBlock).status).toBe(0);
  });
});
