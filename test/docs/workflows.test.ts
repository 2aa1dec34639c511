import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const files = globSync('.github/workflows/*.{yml,yaml}', { cwd: root }).sort();

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
}
interface Job {
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Permissions;
  readonly steps?: readonly Step[];
}
/** Access by scope, or `write-all` and `read-all`. */
type Permissions = string | Readonly<Record<string, string>>;
interface Workflow {
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** npm's own commands that a workflow may need. */
const NPM_COMMANDS = ['ci', 'pack', 'publish'];

/** The scripts and commands that npm is asked for. */
function npmCallsIn(shell: string): string[] {
  return [...shell.matchAll(/\bnpm (?:run(?: -s| --silent)* )?([\w:-]+)/g)].map(([, name = '']) => name);
}

/** Actions that run no code of a checkout and change nothing in it. */
const PUBLISHING_ACTIONS = [
  'actions/attest-build-provenance',
  'actions/download-artifact',
  'actions/setup-node',
  'docker/login-action',
  'sigstore/cosign-installer',
];
/** Programs that run code of the project or of its dependencies. */
const CODE_RUNNERS = /(?:^|[\s;|&(`/])(?:npm|npx|node|yarn|pnpm|make|go|docker|pip|python3?|ruby)\s.*|.*\.ci\/.*/gm;
/** Uploads one received file. npm runs no code for it. */
const PUBLISH = /^npm publish "\.\/wsap-\$VERSION\.tgz" --ignore-scripts(?: --access public)?$/;

/** Returns whether a job or a workflow can change or sign something. */
function canWrite(permissions: Permissions = {}): boolean {
  return JSON.stringify(permissions).includes('write');
}

/** Returns the steps of a job that could run code of the project or of a dependency. */
function codeIn({ uses, steps = [] }: Job): string[] {
  return [
    ...(uses === undefined ? [] : [uses]),
    ...steps.flatMap((step) => [
      ...(step.uses === undefined || PUBLISHING_ACTIONS.includes(step.uses.split('@', 1).join()) ? [] : [step.uses]),
      ...[...(step.run ?? '').matchAll(CODE_RUNNERS)]
        .map(([line]) => line.trim())
        .filter((line) => !PUBLISH.test(line)),
    ]),
  ];
}

/** Returns the calls of npm in a script that can run the scripts of packages. */
function callsWithScripts(shell: string): string[] {
  return [...shell.matchAll(/\bnpm (?:ci|install|i|pack|publish)\b.*/g)]
    .map(([call]) => call)
    .filter((call) => !call.includes('--ignore-scripts'));
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

  test('gives permissions only to jobs that run no code of the project or of a dependency', () => {
    expect(canWrite(workflow.permissions)).toBe(false);
    const privileged = jobs.filter(([, { permissions }]) => canWrite(permissions));
    expect(privileged.flatMap(([name, job]) => codeIn(job).map((code) => `${name}: ${code}`))).toEqual([]);
  });

  test('runs no scripts of packages', () => {
    expect(steps.flatMap(({ run = '' }) => callsWithScripts(run))).toEqual([]);
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

describe('a job with permissions that runs code is found', () => {
  test.each<[string, Job]>([
    ['npm', { steps: [{ run: 'npm ci --ignore-scripts' }] }],
    ['a script of the project', { steps: [{ run: 'cd release\nnode deploy/release/krew.ts > wsap.yaml' }] }],
    ['another script of the project', { steps: [{ run: 'test -e a && .ci/run' }] }],
    ['a build of the image', { steps: [{ run: 'digest=$(docker buildx build .)' }] }],
    ['an action that builds', { steps: [{ uses: 'docker/build-push-action@0123 # v1.0.0' }] }],
    ['a checkout', { steps: [{ uses: 'actions/checkout@0123 # v1.0.0' }] }],
    ['another workflow', { uses: './.github/workflows/ci.yaml' }],
    ['npm publish of a folder, which runs its scripts', { steps: [{ run: 'npm publish . --ignore-scripts' }] }],
    ['npm publish with scripts', { steps: [{ run: 'npm publish "./wsap-$VERSION.tgz"' }] }],
  ])('%s', (_, job) => {
    expect(codeIn(job)).toHaveLength(1);
  });

  test('commands that only sign and publish are accepted', () => {
    const run = [
      'cosign sign --yes "$IMAGE@$DIGEST"',
      'npm publish "./wsap-$VERSION.tgz" --ignore-scripts --access public',
      'gh release create "$GITHUB_REF_NAME" release/* --notes-file notes.md',
    ].join('\n');
    expect(codeIn({ steps: [{ uses: 'actions/download-artifact@0123 # v1.0.0' }, { run }] })).toEqual([]);
  });
});

test.each<[Permissions | undefined, boolean]>([
  [undefined, false],
  [{}, false],
  [{ contents: 'read' }, false],
  [{ contents: 'read', 'id-token': 'write' }, true],
  ['read-all', false],
  ['write-all', true],
])('the permissions %j can write: %j', (permissions, expected) => {
  expect(canWrite(permissions)).toBe(expected);
});

test('the gate runs no scripts of packages, except the one that it names', () => {
  const gate = readFileSync(join(root, '.ci/run'), 'utf8');
  expect(gate).toContain('npm ci --ignore-scripts');
  expect(callsWithScripts(gate)).toEqual([]);
  expect(gate.match(/npm rebuild.*/g)).toEqual(["npm rebuild node' npm rebuild node"]);
});

test('a call of npm that runs the scripts of packages would be found', () => {
  expect(callsWithScripts('npm ci --ignore-scripts\nnpm ci\nnpm run build && npm install x\nnpm pack .')).toEqual([
    'npm ci',
    'npm install x',
    'npm pack .',
  ]);
});

describe('a release', () => {
  const release: Workflow = parse(readFileSync(join(root, '.github/workflows/release.yaml'), 'utf8'));
  const stepsOf = (name: string) => release.jobs[name]?.steps ?? [];

  test('builds the image without permissions, from base images with a digest', () => {
    const builds = Object.entries(release.jobs).flatMap(([name, { steps = [] }]) =>
      steps.filter(({ uses }) => uses?.startsWith('docker/build-push-action@')).map((step) => [name, step] as const),
    );
    expect(builds.map(([name]) => name)).toEqual(['image']);
    const [[, build] = []] = builds;
    expect(build?.with?.['build-args']).toMatch(/^\$\{\{ steps\.bases\.outputs\.arguments \}\}$/m);
    expect(build?.with).toMatchObject({ outputs: 'type=oci,dest=image.tar', provenance: 'mode=max', sbom: true });
    expect(build?.with?.push).toBeUndefined();
    const bases = stepsOf('image').find(({ run }) => run?.includes('deploy/release/baseImages.ts'))?.run;
    expect(bases).toContain('cosign verify "$runtime"');
    expect(bases).toContain('arguments<<END');
  });

  test('builds and tests each executable on its platform', () => {
    const run = stepsOf('executable')
      .map((step) => step.run ?? '')
      .join('');
    expect(npmCallsIn(run)).toEqual(['ci', 'executable', 'smoke-test']);
  });

  test('verifies and signs the checksums before it publishes the files', () => {
    const run = stepsOf('release')
      .map((step) => step.run ?? '')
      .join('');
    const order = ['sha256sum --check', 'cosign sign-blob', 'gh release create'].map((command) => run.indexOf(command));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });
});
