import { constants } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defaultCacheRoot, lockEntry, missingBinaries, storeAtomically } from '../cache.ts';
import { ProgressLine } from '../progress.ts';
import { addBaseImages, baseImagesKey } from './baseImages.ts';
import { type Builder, chooseBuilder, thisMachine } from './builder.ts';
import { runCommand } from './command.ts';
import { contentHash, DOCKERFILE, IGNORE_FILE, ROOT } from './content.ts';

/** The built image. */
export interface BuiltImage {
  /** Name with tag, for example, `localhost/wsap:0.1.0`. */
  readonly reference: string;
  /** Path of an OCI archive that contains the image. */
  readonly archive: string;
}

const ARCHIVE = 'wsap.tar';
/** Maximum number of images in the cache. Each takes about 60 MB. */
const KEPT_IMAGES = 5;

/**
 * Builds the image from the released Dockerfile, once for each content. Concurrent processes wait. With Buildah, the base images are built
 * from packages of Debian and npm; with Docker, they come from their registries. Rejects with an error that lists the solutions.
 */
export async function buildImage(progress = new ProgressLine()): Promise<BuiltImage> {
  const builder = chooseBuilder(thisMachine());
  const version: string = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).version;
  const reference = `localhost/wsap:${version}`;
  const bases = builder === 'buildah' ? await baseImagesKey() : builder;
  const cacheRoot = imageCacheRoot();
  const entry = join(cacheRoot, `image-${await contentHash([reference, bases])}`);
  const isCached = async () => (await missingBinaries(entry, [ARCHIVE], constants.R_OK)).length === 0;
  if (!(await isCached())) {
    await mkdir(cacheRoot, { recursive: true });
    // One build at a time, because the builds share a storage.
    await using _lock = await lockEntry(join(cacheRoot, 'build'), 'the image', { progress });
    if (!(await isCached())) {
      const build = BUILDS[builder];
      const fill = (staging: string) => build(reference, join(staging, ARCHIVE), join(cacheRoot, `storage-${bases}`));
      await progress.during(
        () => `building the image with ${builder}, about two minutes`,
        () => storeAtomically(entry, fill, [ARCHIVE], constants.R_OK).catch(rethrow),
      );
      await removeOld(cacheRoot);
    }
  }
  return { reference, archive: join(entry, ARCHIVE) };
}

/** Returns the cache folder of images. It belongs to root, unlike that of control planes. */
function imageCacheRoot(): string {
  return join(dirname(defaultCacheRoot()), 'images');
}

const BUILDS: Record<Builder, (reference: string, archive: string, storage: string) => Promise<void>> = {
  async buildah(reference, archive, storage) {
    const files = await mkdtemp(`${archive}-`);
    try {
      const buildah = inStorage(storage);
      await addBaseImages(files, buildah);
      const context = ['--file', join(ROOT, DOCKERFILE), '--ignorefile', join(ROOT, IGNORE_FILE), ROOT];
      // npm needs the network of the host. crun, the default runtime, rejects machines with both versions of cgroups.
      const options = ['--layers', '--pull-never', '--network', 'host', '--runtime', 'runc', '--tag', reference];
      await buildah('build', '--quiet', ...options, ...context);
      await buildah('push', '--quiet', reference, `oci-archive:${archive}:${reference}`);
    } finally {
      await rm(files, { recursive: true, force: true });
    }
  },
  async docker(reference, archive) {
    const output = `type=oci,dest=${archive},name=${reference}`;
    const options = ['--provenance', 'false', '--file', join(ROOT, DOCKERFILE), '--output', output];
    await runCommand('docker', ['buildx', 'build', ...options, ROOT]);
  },
};

/** Returns a function that runs Buildah with a storage of its own, so that images of the user remain untouched. */
function inStorage(storage: string): (...args: string[]) => Promise<string> {
  const options = ['--root', storage, '--runroot', '/run/wsap-images'];
  return (command, ...args) => runCommand('buildah', [...options, command, ...args]);
}

/** Removes images except the newest ones. */
async function removeOld(cacheRoot: string): Promise<void> {
  const names = (await readdir(cacheRoot)).filter((name) => /^image-[0-9a-f]{12}$/.test(name));
  const ages = await Promise.all(
    names.map(async (name) => ({ name, mtimeMs: (await stat(join(cacheRoot, name))).mtimeMs })),
  );
  const old = ages.sort((a, b) => b.mtimeMs - a.mtimeMs).slice(KEPT_IMAGES);
  await Promise.all(old.map(({ name }) => rm(join(cacheRoot, name), { recursive: true, force: true })));
}

function rethrow(error: Error): never {
  throw new Error(
    [
      `cannot build the image of wsap: ${error.message}`,
      'The build needs the mirrors of Debian (http://deb.debian.org) and the npm registry. If a proxy is required, set HTTPS_PROXY and HTTP_PROXY.',
    ].join('\n'),
    { cause: error },
  );
}
