import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { fillManifest, parseChecksums } from '../../deploy/release/krewManifest.ts';
import { archiveName, executableName, hostPlatform } from '../../deploy/release/platform.ts';

interface KrewPlatform {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly uri: string;
  readonly sha256: string;
  readonly bin: string;
}

const ROOT = join(import.meta.dirname, '../..');
const template = readFileSync(join(ROOT, 'deploy/krew/wsap.yaml'), 'utf8');
const workflow = parse(readFileSync(join(ROOT, '.github/workflows/release.yaml'), 'utf8'));
const PLATFORMS = ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64', 'windows_amd64'];

/** Checksums of a release, as sha256sum prints them. */
const SUMS = [
  ...PLATFORMS.map((platform, index) => `${String(index).repeat(64)}  wsap_1.2.3_${platform}.tar.gz`),
  `${'a'.repeat(64)} *wsap-1.2.3.tgz`,
  `${'b'.repeat(64)}  install.yaml`,
  '',
].join('\n');

function filled(sums = SUMS) {
  const document = parseDocument(template);
  fillManifest(document, '1.2.3', parseChecksums(sums));
  return parse(document.toString());
}

describe('the krew manifest of a release', () => {
  // The rules of https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest and of krew's validate-krew-manifest, which the release runs.
  test('the manifest has the fields that krew requires', () => {
    const { apiVersion, kind, metadata, spec } = filled();
    expect({ apiVersion, kind, metadata }).toEqual({
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'wsap' },
    });
    expect(spec.version).toBe('v1.2.3');
    expect(spec.homepage).toMatch(/^https:/);
    expect(spec.shortDescription).toMatch(/^[A-Z][^\n.]{10,49}$/);
    expect(Object.keys(spec).sort()).toEqual([
      'caveats',
      'description',
      'homepage',
      'platforms',
      'shortDescription',
      'version',
    ]);
  });

  test('each platform has the archive of its executable and its checksum', () => {
    expect(filled().spec.platforms).toEqual(
      PLATFORMS.map((platform, index) => {
        const [os = '', arch = ''] = platform.split('_');
        const one: KrewPlatform = {
          selector: { matchLabels: { os, arch } },
          bin: executableName({ os, arch }),
          uri: `https://github.com/wsap-dev/wsap/releases/download/v1.2.3/wsap_1.2.3_${platform}.tar.gz`,
          sha256: String(index).repeat(64),
        };
        return one;
      }),
    );
  });

  test('the manifest lists the platforms that the release builds', () => {
    const built: { platform: string }[] = workflow.jobs.executable.strategy.matrix.include;
    expect(built.map(({ platform }) => platform)).toEqual(PLATFORMS);
  });

  test('a missing archive is an error', () => {
    expect(() => filled(SUMS.replace(/.*darwin_arm64.*\n/, ''))).toThrow('no wsap_1.2.3_darwin_arm64.tar.gz');
  });

  test('an archive without a platform is an error', () => {
    const more = `${SUMS}${'c'.repeat(64)}  wsap_1.2.3_freebsd_amd64.tar.gz\n`;
    expect(() => filled(more)).toThrow('no platform for wsap_1.2.3_freebsd_amd64.tar.gz');
  });
});

test.each(['abc  wsap.tar.gz', `${'A'.repeat(64)}  wsap.tar.gz`, 'a'.repeat(64)])(
  'a line of another format than that of sha256sum is an error: %s',
  (line) => {
    expect(() => parseChecksums(line)).toThrow(`not a line of sha256sum: ${line}`);
  },
);

test('the platform of this process has an archive in the manifest, if it is one of them', () => {
  const [os, arch] = [process.platform, process.arch];
  const expected = `wsap_1.2.3_${os === 'win32' ? 'windows' : os}_${arch === 'x64' ? 'amd64' : arch}.tar.gz`;
  expect(archiveName('1.2.3', hostPlatform())).toBe(expected);
});
