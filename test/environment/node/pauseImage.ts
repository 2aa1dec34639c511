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
  await runCommand('buildah', ['build', '--quiet', '--tag', PAUSE_IMAGE, context]);
  await runCommand('buildah', ['push', '--quiet', PAUSE_IMAGE, `oci-archive:${archive}:${PAUSE_IMAGE}`]);
  return archive;
}
