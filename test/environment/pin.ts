import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The programs of a control plane, by the names that envtest releases give them. */
export const BINARIES = ['etcd', 'kube-apiserver', 'kubectl'] as const;

/** What Go builds from a folder with go.mod and go.sum, which are the only place that says so. */
export interface GoModule {
  /** The version of what is built, as `v1.37.2`. */
  readonly version: string;
  /** The oldest Go that builds it, as `1.26.0`. */
  readonly goVersion: string;
  /** The first 12 hex digits of go.sum's SHA-256: two builds with the same digest come from the same sources. */
  readonly modulesDigest: string;
  /** The folder of go.mod and go.sum. */
  readonly moduleDirectory: string;
}

/** Which control plane this checkout asks for. `apiserver/go.mod` is the only place that says so. */
export interface Pin extends GoModule {
  /** The series of which any release will do, as `1.37`. */
  readonly series: string;
}

/** Reads the pin from a folder with go.mod and go.sum; rejects if go.mod doesn't name a Kubernetes and a Go version. */
export async function readPin(moduleDirectory = join(import.meta.dirname, 'apiserver')): Promise<Pin> {
  const module = await readGoModule(moduleDirectory, 'k8s.io/kubernetes');
  return { ...module, series: module.version.replace(/^v|\.\d+$/g, '') };
}

/** Which Helm this checkout asks for, by `helm/go.mod`. */
export function readHelmPin(): Promise<GoModule> {
  return readGoModule(join(import.meta.dirname, 'helm'), 'helm.sh/helm/v4');
}

/** Rejects if go.mod names no Go version, or no version vX.Y.Z of the module that is built. */
async function readGoModule(moduleDirectory: string, built: string): Promise<GoModule> {
  const goMod = await readFile(join(moduleDirectory, 'go.mod'), 'utf8');
  const version = new Map([...goMod.matchAll(/(\S+) (v\d+\.\d+\.\d+)\b/g)].map(([, path, found]) => [path, found])).get(
    built,
  );
  const [, goVersion] = /^go (\S+)$/m.exec(goMod) ?? [];
  if (version === undefined || goVersion === undefined) {
    throw new Error(`${join(moduleDirectory, 'go.mod')} must have a "go" line and require ${built} vX.Y.Z`);
  }
  const goSum = await readFile(join(moduleDirectory, 'go.sum'));
  const modulesDigest = createHash('sha256').update(goSum).digest('hex').slice(0, 12);
  return { version, goVersion, modulesDigest, moduleDirectory };
}

/** An operating system and processor in Go's terms, which envtest's archives use too. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

const GO_OS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin' };
const GO_ARCH: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  ppc64: 'ppc64le',
  s390x: 's390x',
};

/** This machine's platform; throws where no control plane can be had, as on Windows outside WSL. */
export function goPlatform(platform = process.platform, architecture = process.arch): Platform {
  const os = GO_OS[platform];
  const arch = GO_ARCH[architecture];
  if (os === undefined || arch === undefined) {
    throw new Error(
      `a Kubernetes control plane runs on Linux and macOS, not on ${platform}/${architecture}; on Windows, use WSL 2`,
    );
  }
  return { os, arch };
}
