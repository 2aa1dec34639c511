import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program that builds the image. Buildah needs no daemon and no registry, and Docker needs both. */
export type Builder = 'buildah' | 'docker';

/** Debian packages that build the image, which are also the names of their programs. */
export const PACKAGES = ['buildah', 'runc', 'mmdebstrap'] as const;

export interface Machine {
  readonly isRoot: boolean;
  /** Programs of PACKAGES that are not on the PATH. */
  readonly missing: readonly string[];
  /** Whether a Docker daemon responds. */
  readonly hasDocker: boolean;
}

/** Returns the builder of a machine. Throws an error that lists what is missing and how to install it. */
export function chooseBuilder({ isRoot, missing, hasDocker }: Machine): Builder {
  if (isRoot && missing.length === 0) {
    return 'buildah';
  }
  if (hasDocker) {
    return 'docker';
  }
  const needs = [
    ...(isRoot ? [] : ['This process is not root.']),
    ...(missing.length === 0 ? [] : [`${missing.join(', ')}: not on the PATH.`]),
  ];
  throw new Error(
    [
      `cannot build the image of wsap: no Docker daemon responds, and Buildah cannot be used. ${needs.join(' ')}`,
      `Start Docker; or, on Debian or Ubuntu, run: sudo apt-get install ${PACKAGES.join(' ')} debian-archive-keyring`,
      'Then run the command again as root, for example: sudo npm run test:image',
    ].join('\n'),
  );
}

/** Inspects this machine. */
export function thisMachine(): Machine {
  return {
    isRoot: process.getuid?.() === 0,
    missing: PACKAGES.filter((program) => !isOnPath(program)),
    hasDocker: spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 20_000 }).status === 0,
  };
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
