/**
 * Prints the base images of the Dockerfile with the digests to which their tags resolve, as build arguments:
 * `npm run --silent base-images`. Requires Docker with buildx. An image that the Dockerfile already pins stays as it is.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

// Imports nothing of the bundler, so that it runs before npm ci.
const dockerfile = readFileSync(join(import.meta.dirname, '../image/Dockerfile'), 'utf8');
const images = [...dockerfile.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm)];
if (images.length === 0) {
  throw new Error('deploy/image/Dockerfile has no arguments that name base images');
}
for (const [, argument = '', image = ''] of images) {
  process.stdout.write(`${argument}=${image.includes('@') ? image : `${image}@${digestOf(image)}`}\n`);
}

function digestOf(image: string): string {
  const args = ['buildx', 'imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', image];
  const { status, stdout, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status !== 0 || !DIGEST.test(stdout.trim())) {
    throw new Error(`docker can't resolve ${image} to a digest: ${error?.message ?? `${stdout}${stderr}`}`);
  }
  return stdout.trim();
}
