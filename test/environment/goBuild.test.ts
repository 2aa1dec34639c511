import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { buildFromModules } from './goBuild.ts';
import { type Pin, readPin } from './pin.ts';

const PLATFORM = { os: 'linux', arch: 'amd64' };

let directory: string;
let pin: Pin;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wsap-go-'));
  pin = await readPin();
});
afterEach(() => rm(directory, { recursive: true }));

/** Builds into a new folder, with a shell script as the only program on the PATH: go. */
async function buildWith(script: string | undefined, signal?: AbortSignal): Promise<string[]> {
  const out = await mkdtemp(join(directory, 'out-'));
  if (script !== undefined) {
    await writeFile(join(directory, 'go'), `#!/bin/sh\n${script}\n`);
    await chmod(join(directory, 'go'), 0o755);
  }
  // The scripts use only builtins of /bin/sh.
  const env = { PATH: directory, OUT: directory };
  await buildFromModules(out, { pin, platform: PLATFORM, env, signal });
  return (await readdir(out)).sort();
}

/** Returns a script that reports a version of Go and then runs `build`. $out is the value of -o. */
function fakeGo(version: string, build: string): string {
  return `
    if [ "$1" = env ]; then echo ${version}; exit; fi
    while [ "$1" != -o ]; do shift; done
    out=$2
    ${build}`;
}

const BUILD = 'case $out in */) : > "$out/kube-apiserver"; : > "$out/kubectl";; *) : > "$out";; esac';

it.each(['go1.26.0', 'go1.27rc1', 'go2.0.1', 'devel +abc'])('builds the three programs with %s', async (version) => {
  expect(await buildWith(fakeGo(`"${version}"`, BUILD))).toEqual(['etcd', 'kube-apiserver', 'kubectl']);
});

it('builds for the given platform without cgo, regardless of the environment', async () => {
  await buildWith(fakeGo('go1.26.0', `echo "$GOOS $GOARCH $CGO_ENABLED $GOWORK" > "$OUT/seen"; ${BUILD}`));

  expect(await readFile(join(directory, 'seen'), 'utf8')).toBe('linux amd64 0 off\n');
});

it.each(['go1.19.8', 'go1.25.9'])('rejects %s and reports the required version', async (version) => {
  await expect(buildWith(fakeGo(version, BUILD))).rejects.toThrow(`Go 1.26.0 or newer is required; found ${version}`);
});

it('reports a missing go', async () => {
  await expect(buildWith(undefined)).rejects.toThrow('go is not on the PATH');
});

it('reports the end of the output of a failed build, without the downloads', async () => {
  const build = 'echo "go: downloading a v1.0.0" >&2; echo "main.go:1: broken" >&2; exit 2';

  await expect(buildWith(fakeGo('go1.26.0', build))).rejects.toThrow(
    'go build failed with exit code 2:\n    main.go:1: broken',
  );
});

it('interrupts go when it is aborted, and waits until go has cleaned up', async () => {
  const stop = new AbortController();
  const build = `trap ': > "$OUT/cleaned"; exit 130' INT; : > "$OUT/started"; while :; do :; done`;
  const building = buildWith(fakeGo('go1.26.0', build), stop.signal);
  await Promise.race([
    building,
    vi.waitFor(async () => expect(await readdir(directory)).toContain('started'), { timeout: 60_000 }),
  ]);
  stop.abort(new Error('the parent is gone'));

  await expect(building).rejects.toThrow('the parent is gone');
  expect(await readdir(directory)).toContain('cleaned');
});
