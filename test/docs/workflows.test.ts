import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const files = globSync('.github/workflows/*.{yml,yaml}', { cwd: root }).sort();

interface Job {
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly 'timeout-minutes'?: number;
  readonly permissions?: object;
  readonly steps?: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Record<string, unknown>;
  }[];
}
interface Workflow {
  readonly permissions?: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** npm's own commands that a workflow may need. */
const NPM_COMMANDS = ['ci', 'pack', 'sbom'];

/** The scripts and commands that npm is asked for. */
function npmCallsIn(shell: string): string[] {
  return [...shell.matchAll(/\bnpm (?:run(?: -s| --silent)* )?([\w:-]+)/g)].map(([, name = '']) => name);
}

test('there are workflows', () => {
  expect(files).toEqual([
    '.github/workflows/ci.yaml',
    '.github/workflows/nightly.yaml',
    '.github/workflows/release.yaml',
  ]);
});

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(root, file), 'utf8');
  const workflow: Workflow = parse(text);
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps ?? []);

  test('asks npm only for scripts that there are', () => {
    const known = [...Object.keys(packageJson.scripts), ...NPM_COMMANDS];
    expect(steps.flatMap(({ run = '' }) => npmCallsIn(run)).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('uses each action by a commit, with its version beside it', () => {
    const used = [...text.matchAll(/\buses: (\S+)(.*)/g)];
    expect(used).toHaveLength(steps.filter(({ uses }) => uses).length + jobs.filter(([, { uses }]) => uses).length);
    for (const [line, action = '', comment] of used) {
      if (action.startsWith('./')) {
        expect(existsSync(join(root, action)), line).toBe(true);
      } else {
        expect(`${action}${comment}`, line).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
    }
  });

  test('uses one commit of each action throughout', () => {
    const commits = new Map<string, Set<string>>();
    for (const [, action = '', commit = ''] of text.matchAll(/\buses: (\S+)@(\S+)/g)) {
      commits.set(action, (commits.get(action) ?? new Set()).add(commit));
    }
    expect([...commits].filter(([, found]) => found.size > 1)).toEqual([]);
  });

  test('gives no job more than it names, nor all the time in the world', () => {
    expect(workflow.permissions).toBeDefined();
    for (const [name, job] of jobs) {
      expect(job.uses !== undefined || (job['timeout-minutes'] ?? 0) > 0, name).toBe(true);
      const needed = [job.needs ?? []].flat();
      expect(
        needed.filter((other) => !(other in workflow.jobs)),
        name,
      ).toEqual([]);
    }
  });

  test('leaves no token in a checkout, and puts nothing of an event into a shell', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
    // An expression in a script is filled in before the shell reads it: variables can't be mistaken for code.
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });
});

test('a call of a script that is not there would be found', () => {
  expect(npmCallsIn('npm ci && npm run --silent build\nnpm test -- --x; npm run no-such')).toEqual([
    'ci',
    'build',
    'test',
    'no-such',
  ]);
});
