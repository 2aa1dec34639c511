/** Plugins of the bundler that builds the program. */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';
import { parse } from 'yaml';

const YAML_FILE = /\bparse\(\s*readFileSync\(new URL\('([^']+\.yaml)', import\.meta\.url\), 'utf8'\),?\s*\)/g;
const TEXT_FILE = /\breadFileSync\(\s*new URL\('([^']+)', import\.meta\.url\),\s*'utf8',?\s*\)/g;

/** Replaces reads of files beside a module in `sources` with their content. YAML is parsed at build time. */
export function fileContents(sources: string): Plugin {
  return {
    name: 'file-contents',
    transform(code, id) {
      if (!id.startsWith(sources) || !code.includes('import.meta')) {
        return undefined;
      }
      const read = (path: string) => readFileSync(join(dirname(id), path), 'utf8');
      const replaced = code
        .replace(YAML_FILE, (_, path: string) => `JSON.parse(${JSON.stringify(JSON.stringify(parse(read(path))))})`)
        .replace(TEXT_FILE, (_, path: string) => JSON.stringify(read(path)));
      if (replaced.includes('import.meta')) {
        throw new Error(
          `${id} uses import.meta, whose value is different in the built program; read files like page.ts`,
        );
      }
      // The lines of the module stay where they are, so its source map stays valid.
      return { code: replaced, map: null };
    },
  };
}

const BUILT_IN = '\0built-in:';
/** Exports that load the WebSocket client of Node.js, 10 MB, when they are read. */
const LAZY_EXPORTS = ['WebSocket', 'CloseEvent', 'MessageEvent'];

/**
 * Imports the modules of Node.js with `getBuiltinModule`, which reads only the exports that are used. An ES import reads
 * all, and some load large parts of Node.js.
 */
export function builtInModules(): Plugin {
  return {
    name: 'built-in-modules',
    resolveId(id, importer, { kind }) {
      const isImport = importer !== undefined && kind !== 'require-call';
      return isImport && isBuiltin(id)
        ? { id: BUILT_IN + id.replace(/^node:/, ''), moduleSideEffects: false }
        : undefined;
    },
    load(id) {
      return id.startsWith(BUILT_IN) ? moduleOf(id.slice(BUILT_IN.length)) : undefined;
    },
  };
}

function moduleOf(name: string): string {
  const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter(
    (key) => key !== 'default' && !LAZY_EXPORTS.includes(key),
  );
  // The check of the version runs on versions without getBuiltinModule.
  const value = name === 'process' ? 'globalThis.process' : `process.getBuiltinModule('node:${name}')`;
  return [
    `const builtIn = /* @__PURE__ */ (() => ${value})();`,
    ...names.map((key, index) => `const export${index} = /* @__PURE__ */ Reflect.get(builtIn, '${key}');`),
    `export { builtIn as default, ${names.map((key, index) => `export${index} as ${key}`).join(', ')} };`,
  ].join('\n');
}

/**
 * Leaves out undici, which only the generated clients of @kubernetes/client-node use. wsap uses its kubeconfig and
 * authentication, with the HTTP client of Node.js.
 */
export function withoutUndici(): Plugin {
  const id = '\0undici';
  return {
    name: 'without-undici',
    resolveId: (source) => (source === 'undici' ? { id, moduleSideEffects: false } : undefined),
    load: (loaded) =>
      loaded === id
        ? `function absent() { throw new Error('undici is not part of the built program'); }
           export { absent as Agent, absent as ProxyAgent, absent as fetch };`
        : undefined,
  };
}
