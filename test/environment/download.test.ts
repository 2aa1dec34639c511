import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { downloadRelease, findRelease } from './download.ts';

const LINUX = { os: 'linux', arch: 'amd64' };

let directory: string;
let server: Server | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wsap-download-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

/** Creates an archive with the layout of upstream archives. */
async function archive(): Promise<{ bytes: Buffer; sha512: string }> {
  const source = join(directory, 'source');
  await mkdir(join(source, 'controller-tools/envtest'), { recursive: true });
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) {
    await writeFile(join(source, 'controller-tools/envtest', name), name, { mode: 0o755 });
  }
  await promisify(execFile)('tar', ['-czf', join(directory, 'a.tar.gz'), '-C', source, 'controller-tools']);
  const bytes = await readFile(join(directory, 'a.tar.gz'));
  return { bytes, sha512: createHash('sha512').update(bytes).digest('hex') };
}

async function emptyFolder(): Promise<string> {
  const folder = join(directory, 'out');
  await mkdir(folder);
  return folder;
}

it('unpacks the three programs and reports progress', async () => {
  const { bytes, sha512 } = await archive();
  const url = await serve((_, response) => response.setHeader('content-length', bytes.length).end(bytes));
  const out = await emptyFolder();
  let last: unknown;

  await downloadRelease({ version: 'v1.37.2', url, sha512 }, out, {
    onBytes: (...progress) => {
      last = progress;
    },
  });

  expect((await readdir(out)).sort()).toEqual(['etcd', 'kube-apiserver', 'kubectl']);
  expect(last).toEqual([bytes.length, bytes.length]);
});

it('unpacks nothing if the checksum differs', async () => {
  const { bytes } = await archive();
  const url = await serve((_, response) => response.end(bytes));
  const out = await emptyFolder();

  await expect(downloadRelease({ version: 'v1.37.2', url, sha512: 'abc' }, out)).rejects.toThrow(
    'the release index has abc',
  );
  expect(await readdir(out)).toEqual(['envtest.tar.gz']);
});

const stalls: [string, RequestListener][] = [
  ['never responds', () => {}],
  ['stops in the middle', (_, response) => response.setHeader('content-length', 10).write('half')],
];
it.each(stalls)('rejects if the server %s', async (_, listener) => {
  const url = await serve(listener);
  const out = await emptyFolder();

  await expect(downloadRelease({ version: 'v1.37.2', url, sha512: 'abc' }, out, { stallMs: 50 })).rejects.toThrow(
    `${url} sent nothing for 0.05 s`,
  );
});

it('rejects when it is aborted', async () => {
  const stop = new AbortController();
  const url = await serve(() => stop.abort(new Error('the parent is gone')));

  await expect(findRelease('1.37', LINUX, { indexURL: url, signal: stop.signal })).rejects.toThrow(
    'the parent is gone',
  );
});

it('reports the HTTP status or the network error if the index cannot be read', async () => {
  const url = await serve((_, response) => response.writeHead(403).end());

  await expect(findRelease('1.37', LINUX, { indexURL: url })).rejects.toThrow(`${url} answered HTTP 403`);
  server?.close();
  server?.closeAllConnections();
  await expect(findRelease('1.37', LINUX, { indexURL: url })).rejects.toThrow(`${url}: connect ECONNREFUSED`);
});

it('returns the newest stable patch of the series for this platform', async () => {
  const entry = (version: string) => [
    `  ${version}:`,
    `    envtest-${version}-linux-amd64.tar.gz: {hash: ABC, selfLink: "https://example.com/${version}"}`,
  ];
  const versions = ['v1.36.9', 'v1.37.2', 'v1.37.10', 'v1.37.11-rc.0', 'v1.38.0'];
  const url = await serve((_, response) => response.end(['releases:', ...versions.flatMap(entry)].join('\n')));

  expect(await findRelease('1.37', LINUX, { indexURL: url })).toEqual({
    version: 'v1.37.10',
    url: 'https://example.com/v1.37.10',
    sha512: 'abc',
  });
});
