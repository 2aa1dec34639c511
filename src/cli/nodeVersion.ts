import process from 'node:process';

/** Minimum version of Node.js; the same as `engines` in package.json. */
const MIN_VERSION = { major: 22, minor: 19 } as const;

/** Returns an error message for an unsupported version of Node.js; undefined for a supported one. */
export function nodeVersionError(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < MIN_VERSION.major || (major === MIN_VERSION.major && minor < MIN_VERSION.minor);
  return isOld
    ? `Node.js ${version} is not supported; install Node.js ${MIN_VERSION.major}.${MIN_VERSION.minor} or later`
    : undefined;
}

// Runs at import, before the modules that an older version can't load.
const error = nodeVersionError(process.versions.node);
if (error !== undefined) {
  process.stderr.write(`wsap: ${error}\n`);
  process.exit(1);
}
