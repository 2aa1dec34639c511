import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { version } from '../../src/cli/version.ts';
import { ROOT } from '../environment/image/content.ts';
import { megabytes, printFigure } from './figures.ts';
import { UnpackedImage } from './unpackedImage.ts';

let image: UnpackedImage;
let app: string;
beforeAll(async () => {
  image = await UnpackedImage.create();
  app = join(image.root, 'app');
});
afterAll(() => image?.[Symbol.asyncDispose]());

function entriesOf(folder: string): Dirent[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true });
}

function pathIn(folder: string, { parentPath, name }: Dirent): string {
  return relative(folder, join(parentPath, name));
}

/** First bytes of programs and libraries: ELF, Mach-O of both byte orders and of several processors, Windows, WebAssembly. */
const NATIVE = ['7f454c46', 'cffaedfe', 'feedfacf', 'cefaedfe', 'feedface', 'cafebabe', '4d5a', '0061736d'];

function isNative(path: string): boolean {
  const start = readFileSync(path).subarray(0, 4).toString('hex');
  return NATIVE.some((magic) => start.startsWith(magic)) || /\.(node|bare|so|dll|dylib)$/.test(path);
}

test('the program in the image contains no native code for any platform', () => {
  const files = entriesOf(app).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => isNative(join(file.parentPath, file.name)))).toEqual([]);
  // The check finds native code.
  expect(isNative(join(image.root, 'nodejs/bin/node'))).toBe(true);
});

test('the program in the image contains no packages, prebuilt files, or tests of dependencies', () => {
  const folders = entriesOf(app).filter((entry) => entry.isDirectory());
  expect(folders.map((folder) => pathIn(app, folder)).sort()).toEqual(['crds', 'dist', 'dist/chunks', 'dist/cli']);
  const tests = entriesOf(app).filter(({ name }) => /\b(tests?|specs?)\b/i.test(name));
  // The chunk of the command `wsap test`.
  expect(tests.map((file) => pathIn(app, file))).toEqual(['dist/chunks/test.js']);
});

test('every user can read the files of the program, and none can change them or gain privileges with them', () => {
  for (const entry of entriesOf(app)) {
    const { mode, uid } = statSync(join(entry.parentPath, entry.name));
    expect({
      path: pathIn(app, entry),
      uid,
      readable: mode & 0o444,
      writable: mode & 0o022,
      special: mode & 0o7000,
    }).toEqual({ path: pathIn(app, entry), uid: 0, readable: 0o444, writable: 0, special: 0 });
  }
});

test('the image contains a list of its packages for scanners', () => {
  const { metadata, components } = JSON.parse(readFileSync(join(app, 'wsap.cdx.json'), 'utf8'));
  expect(metadata.component).toMatchObject({ name: 'wsap', version });
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const names = components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
});

test('the labels describe the image, its source, and its base image', () => {
  expect(image.config.Labels).toMatchObject({
    'org.opencontainers.image.title': 'wsap',
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.source': 'https://github.com/wsap-dev/wsap',
    'org.opencontainers.image.url': 'https://github.com/wsap-dev/wsap',
    'org.opencontainers.image.documentation': 'https://github.com/wsap-dev/wsap/blob/main/docs/README.md',
    'org.opencontainers.image.base.name': 'gcr.io/distroless/nodejs24-debian13:nonroot',
  });
});

test('the image is small', () => {
  const files = entriesOf(image.root).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  printFigure('size of the image', `${megabytes(bytes)} unpacked, ${megabytes(image.compressedBytes)} compressed`);
  expect(bytes / 1e6).toBeLessThan(200);
  expect(image.compressedBytes / 1e6).toBeLessThan(75);
});
