import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { componentsOf, noticesOf, packagesOf } from './packages.ts';
import { builtInModules, fileContents, withoutUndici } from './plugins.ts';

export const ROOT = join(import.meta.dirname, '../..');
const COMMANDS = ['main', 'kubectlComplete'];

export interface BuildOptions {
  readonly sourcemap: boolean;
}

/**
 * Builds the program into a folder and replaces its content: the commands with the code of their dependencies, in chunks
 * that are loaded when they are needed, the licenses of the dependencies, and a CycloneDX list of them.
 */
export async function buildProgram(folder: string, { sourcemap }: BuildOptions): Promise<void> {
  // Files of an earlier build must not get into a package.
  rmSync(folder, { recursive: true, force: true });
  await using bundle = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(COMMANDS.map((name) => [`cli/${name}`, `src/cli/${name}.ts`])),
    platform: 'node',
    // ES modules can be bundled in part; CommonJS modules only as a whole.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'es2024' },
    // Otherwise, each import of the library includes its clients for all Kubernetes resources.
    treeshake: { moduleSideEffects: [{ test: /\/@kubernetes\/client-node\//, sideEffects: false }] },
    plugins: [fileContents(join(ROOT, 'src')), builtInModules(), withoutUndici()],
    onLog(level, { code, message }) {
      if (level !== 'debug' && level !== 'info') {
        throw new Error(`${code}: ${message}`);
      }
    },
  });
  const { output } = await bundle.write({ dir: folder, format: 'esm', chunkFileNames: 'chunks/[name].js', sourcemap });
  const packages = packagesOf(output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : [])));
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), `${noticesOf(packages)}\n`);
  const program = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'wsap.cdx.json'), `${JSON.stringify(componentsOf(program, packages), undefined, 2)}\n`);
  for (const command of COMMANDS) {
    chmodSync(join(folder, 'cli', `${command}.js`), 0o755);
  }
}
