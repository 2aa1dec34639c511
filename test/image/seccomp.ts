import { readFileSync } from 'node:fs';

/** Default profile of containers, of the package golang-github-containers-common, which Buildah depends on. */
const PROFILE = '/usr/share/containers/seccomp.json';

interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly errnoRet?: number;
    readonly args: readonly { index: number; value: number; valueTwo: number; op: string }[] | null;
    readonly includes: Condition;
    readonly excludes: Condition;
  }[];
}

interface Condition {
  readonly arches?: readonly string[];
  readonly caps?: readonly string[];
}

/**
 * Returns the seccomp profile `RuntimeDefault` for a container without capabilities on x64, in the format of the OCI runtime specification.
 */
export function defaultSeccompProfile(): object {
  const { defaultAction, defaultErrnoRet, archMap, syscalls } = JSON.parse(readFileSync(PROFILE, 'utf8')) as Profile;
  const isForX64 = ({ arches }: Condition) => arches === undefined || arches.includes('amd64');
  return {
    defaultAction,
    defaultErrnoRet,
    architectures: archMap
      .filter(({ architecture }) => architecture === 'SCMP_ARCH_X86_64')
      .flatMap(({ architecture, subArchitectures }) => [architecture, ...subArchitectures]),
    syscalls: syscalls
      .filter(({ includes, excludes }) => isForX64(includes) && includes.caps === undefined && !excludes.arches)
      .map(({ names, action, errnoRet, args }) => ({ names, action, errnoRet, args: args ?? [] })),
  };
}
