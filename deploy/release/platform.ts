/** Platforms by the names of Go, which krew and the names of the archives use. */
import process from 'node:process';

export interface Platform {
  readonly os: string;
  readonly arch: string;
}

const OS: Readonly<Record<string, string>> = { win32: 'windows' };
const ARCH: Readonly<Record<string, string>> = { x64: 'amd64' };

/** Returns the platform of this process. */
export function hostPlatform(): Platform {
  return { os: OS[process.platform] ?? process.platform, arch: ARCH[process.arch] ?? process.arch };
}

/** Returns the name of the executable in its archive. */
export function executableName({ os }: Platform): string {
  return os === 'windows' ? 'wsap.exe' : 'wsap';
}

/** Returns the name of the archive for a platform, for example, `wsap_1.2.3_linux_amd64.tar.gz`. */
export function archiveName(version: string, { os, arch }: Platform): string {
  return `wsap_${version}_${os}_${arch}.tar.gz`;
}
