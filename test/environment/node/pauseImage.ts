import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../image/command.ts';
import { PAUSE_IMAGE } from './containerd.ts';

const DOCKERFILE = `FROM scratch
COPY pause /pause
USER 65535:65535
ENTRYPOINT ["/pause"]
`;

/** Builds the image of the first process of each pod. Returns the path of its OCI archive in the folder. */
export async function buildPauseImage(program: string, directory: string): Promise<string> {
  const context = join(directory, 'pause');
  await mkdir(context);
  await copyFile(program, join(context, 'pause'));
  await writeFile(join(context, 'Dockerfile'), DOCKERFILE);
  const archive = join(directory, 'pause.tar');
  const storage = ['--root', join(directory, 'images'), '--runroot', join(directory, 'images-run')];
  const options = ['--storage-driver', 'vfs', ...storage];
  await runCommand('buildah', [...options, 'build', '--quiet', '--tag', PAUSE_IMAGE, context]);
  const destination = `oci-archive:${archive}:${PAUSE_IMAGE}`;
  await runCommand('buildah', [...options, 'push', '--quiet', PAUSE_IMAGE, destination]);
  return archive;
}
