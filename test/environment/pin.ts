import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Programs of a control plane, by their names in envtest releases. */
export const BINARIES = ['etcd', 'kube-apiserver', 'kubectl'] as const;

/** A Go module to build. go.mod and go.sum are the only source of its versions. */
export interface GoModule {
  /** Version of the program, for example, `v1.37.2`. */
  readonly version: string;
  /** Minimum version of Go, for example, `1.26.0`. */
  readonly goVersion: string;
  /** First 12 hex digits of the SHA-256 of go.sum. Builds with the same digest have the same sources. */
  readonly modulesDigest: string;
  /** Folder of go.mod and go.sum. */
  readonly moduleDirectory: string;
}

/** The control plane that this checkout requires, from `apiserver/go.mod`. */
export interface Pin extends GoModule {
  /** Release series, for example, `1.37`. Any of its releases is suitable. */
  readonly series: string;
}

/** Reads the pin from a folder with go.mod and go.sum. Rejects if go.mod has no version of Kubernetes or Go. */
export async function readPin(moduleDirectory = join(import.meta.dirname, 'apiserver')): Promise<Pin> {
  const module = await readGoModule(moduleDirectory, 'k8s.io/kubernetes');
  return { ...module, series: module.version.replace(/^v|\.\d+$/g, '') };
}

/** Reads the version of Helm that this checkout requires, from `helm/go.mod`. */
export function readHelmPin(): Promise<GoModule> {
  return readGoModule(join(import.meta.dirname, 'helm'), 'helm.sh/helm/v4');
}

/** Reads the version of the kubelet that this checkout requires, from `node/module/go.mod`. */
export function readNodePin(): Promise<GoModule> {
  return readGoModule(join(import.meta.dirname, 'node/module'), 'k8s.io/kubernetes');
}

/** Reads the version of kind that this checkout requires, from `kind/go.mod`. */
export function readKindPin(): Promise<GoModule> {
  return readGoModule(join(import.meta.dirname, 'kind'), 'sigs.k8s.io/kind');
}

/** Reads a Go module. Rejects if go.mod has no version of Go or of the module `built`. */
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

/** An operating system and an architecture, by the names of Go and of envtest archives. */
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

/** Returns the platform of this machine. Throws if it can't run a control plane, for example, on Windows outside of WSL. */
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
