import process from 'node:process';

/** The oldest Node.js that runs this (`engines` in package.json). */
const OLDEST = { major: 22, minor: 19 } as const;

/** What is wrong with a version of Node.js, for people; undefined if nothing is. */
export function nodeVersionError(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor);
  return isOld ? `this is Node.js ${version}, and wsap needs ${OLDEST.major}.${OLDEST.minor} or later` : undefined;
}

// Imported before everything that an older one can't load.
const error = nodeVersionError(process.versions.node);
if (error !== undefined) {
  process.stderr.write(`wsap: ${error}\n`);
  process.exit(1);
}
