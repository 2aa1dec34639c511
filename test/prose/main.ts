/**
 * Checks prose: `npm run lint:prose -- [PATH…]`. Without paths it checks everything that users and contributors read; a path is a file or a
 * folder, from the root of the repository. Exits 1 if it finds anything.
 */
import { globSync, readFileSync, statSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { findingsIn, formatFinding } from './lint.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What is checked without paths. */
const PROSE = [
  '*.md',
  '.github/**/*.{md,yml,yaml}',
  'crds/*.yaml',
  'deploy/**/*.{md,yaml,yml,txt}',
  'deploy/grafana/*.json',
  'deploy/helm/wsap/values.schema.json',
  'docs/**/*.md',
  'src/**/*.{ts,js}',
  'test/faults/README.md',
];
const SUPPORTED = '**/*.{md,yaml,yml,txt,ts,js}';
/** Files that `npm run generate` copies from others, and fixtures. */
const COPIES = [
  '**/helm/wsap/values.yaml',
  '**/helm/wsap/files/**',
  '**/helm/wsap/templates/crds/**',
  '**/kustomize/components/monitoring/{dashboard,prometheusrule}.yaml',
  '**/resource_customizations/**',
  '**/node_modules/**',
];

const given = process.argv.slice(2).map((path) => relative(ROOT, path));
const findings = [...new Set(given.length === 0 ? select(PROSE) : given.flatMap(inside))]
  .sort()
  .flatMap((path) => findingsIn(path, readFileSync(join(ROOT, path), 'utf8')));
for (const finding of findings) {
  process.stdout.write(`${formatFinding(finding)}\n`);
}
if (findings.length > 0) {
  process.stderr.write(`${findings.length} findings. See "Prose" in CONTRIBUTING.md.\n`);
}
process.exitCode = findings.length === 0 ? 0 : 1;

function inside(path: string): string[] {
  return statSync(join(ROOT, path)).isDirectory() ? select([posix.join(path, SUPPORTED)]) : [path];
}

function select(patterns: string[]): string[] {
  return globSync(patterns, { cwd: ROOT, exclude: COPIES });
}
