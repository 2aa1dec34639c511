import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Pod, podField, securityContextOf, type Volume } from './pod.ts';

export interface VolumeSources {
  /** Returns a token of the pod's service account. */
  token(pod: Pod, expirationSeconds: number): Promise<string>;
  /** Certificate authority of the API server, in PEM. */
  readonly authority: string;
}

/** Creates the volumes of a pod in a folder, as the kubelet does. Returns their folders by name. Rejects if it doesn't know a volume. */
export async function createVolumes(folder: string, pod: Pod, sources: VolumeSources): Promise<Map<string, string>> {
  const created = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    const target = join(folder, volume.name);
    await mkdir(target, { recursive: true });
    await fill(target, volume, pod, sources);
    created.set(volume.name, target);
  }
  return created;
}

async function fill(target: string, { name, projected }: Volume, pod: Pod, sources: VolumeSources): Promise<void> {
  if (projected === undefined) {
    throw new Error(`the tests support only projected volumes, and ${name} is another one`);
  }
  for (const { serviceAccountToken, configMap, downwardAPI } of projected.sources) {
    if (serviceAccountToken !== undefined) {
      const path = join(target, serviceAccountToken.path);
      await writeFile(path, await sources.token(pod, serviceAccountToken.expirationSeconds));
      // Only the user of the container can read the token.
      await chown(path, securityContextOf(pod).runAsUser ?? 0, 0);
      await chmod(path, 0o600);
    } else if (configMap?.name === 'kube-root-ca.crt') {
      // The controller that creates this ConfigMap in each namespace is not part of the test cluster.
      await Promise.all(configMap.items.map(({ path }) => writeFile(join(target, path), sources.authority)));
    } else if (downwardAPI !== undefined) {
      const write = ({ path, fieldRef }: (typeof downwardAPI.items)[number]) =>
        writeFile(join(target, path), podField(pod, fieldRef.fieldPath));
      await Promise.all(downwardAPI.items.map(write));
    } else {
      throw new Error(`the tests do not support a source of the volume ${name}`);
    }
  }
}
