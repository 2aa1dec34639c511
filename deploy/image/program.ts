import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type InputOptions, type OutputChunk, type RolldownOutput, rolldown } from 'rolldown';
import { type BundledPackage, componentsOf, noticesOf, packagesOf } from './packages.ts';
import { builtInModules, fileContents, withoutUndici } from './plugins.ts';

export const ROOT = join(import.meta.dirname, '../..');
/** Manifest of the project. */
export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const COMMANDS = ['main', 'kubectlComplete'];

export interface BuildOptions {
  readonly sourcemap: boolean;
}

/** Returns the options of the bundler for the given entry points. */
export function bundlerOptions(input: Record<string, string>): InputOptions {
  return {
    cwd: ROOT,
    input,
    platform: 'node',
    // ES modules can be bundled in part; CommonJS modules only as a whole.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'es2024' },
    // Otherwise, each import of the library includes its clients for all Kubernetes resources.
    treeshake: { moduleSideEffects: [{ test: /\/@kubernetes\/client-node\//, sideEffects: false }] },
    plugins: [fileContents(join(ROOT, 'src')), builtInModules(), withoutUndici()],
    onLog: failOnWarning,
  };
}

/** Throws an Error for a warning of the bundler. */
export const failOnWarning: NonNullable<InputOptions['onLog']> = (level, { code, message }) => {
  if (level !== 'debug' && level !== 'info') {
    throw new Error(`${code}: ${message}`);
  }
};

/**
 * Builds the program into a folder and replaces its content: the commands with the code of their dependencies, in chunks
 * that are loaded when they are needed, the licenses of the dependencies, and a CycloneDX list of them.
 */
export async function buildProgram(folder: string, { sourcemap }: BuildOptions): Promise<void> {
  // Files of an earlier build must not get into a package.
  rmSync(folder, { recursive: true, force: true });
  const input = Object.fromEntries(COMMANDS.map((name) => [`cli/${name}`, `src/cli/${name}.ts`]));
  await using bundle = await rolldown(bundlerOptions(input));
  const { output } = await bundle.write({ dir: folder, format: 'esm', chunkFileNames: 'chunks/[name].js', sourcemap });
  const packages = bundledPackages(output);
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), `${noticesOf(packages)}\n`);
  writeFileSync(join(folder, 'wsap.cdx.json'), `${JSON.stringify(componentsOf(MANIFEST, packages), undefined, 2)}\n`);
  for (const command of COMMANDS) {
    chmodSync(join(folder, 'cli', `${command}.js`), 0o755);
  }
}

/** Returns the packages of which the output of the bundler contains code. */
export function bundledPackages(output: RolldownOutput['output']): BundledPackage[] {
  const chunks = output.filter((file): file is OutputChunk => file.type === 'chunk');
  return packagesOf(chunks.flatMap(({ moduleIds }) => moduleIds));
}
