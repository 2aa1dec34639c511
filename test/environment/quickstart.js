/**
 * Starts quickstart.ts. Plain JavaScript without dependencies, because it explains that Node.js is too old to load quickstart.ts, or that
 * the dependencies are missing.
 */
const HINT = 'run npm ci, which installs the dependencies and Node.js 24 for npm scripts';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  fail(
    `Node.js ${process.versions.node} is not supported; ${HINT}, or install Node.js 22.19 or later from https://nodejs.org`,
  );
}
import('./quickstart.ts').catch((error) => {
  fail(error.code === 'ERR_MODULE_NOT_FOUND' ? `a dependency is missing; ${HINT}` : String(error.stack));
});

function fail(message) {
  process.stderr.write(`quickstart: ${message}\n`);
  process.exit(1);
}
