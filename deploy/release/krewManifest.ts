import { type Document, isMap, isSeq, type YAMLMap } from 'yaml';
import { archiveName, type Platform } from './platform.ts';

/** Download page of the files of a release. */
const DOWNLOADS = 'https://github.com/wsap-dev/wsap/releases/download';

/** Returns the SHA-256 of each file in the output of `sha256sum`. Throws an Error for a line in another format. */
export function parseChecksums(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [, sha256, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      if (sha256 === undefined || name === undefined) {
        throw new Error(`not a line of sha256sum: ${line}`);
      }
      return [name, sha256];
    }),
  );
}

/**
 * Sets the version, and the URI and the SHA-256 of each platform, in a krew manifest. Throws an Error if a checksum is
 * missing, or if a release contains an archive for a platform that the manifest doesn't list.
 */
export function fillManifest(manifest: Document, version: string, checksums: ReadonlyMap<string, string>): void {
  manifest.setIn(['spec', 'version'], `v${version}`);
  const platforms = platformsOf(manifest);
  const used = new Set<string>();
  for (const platform of platforms) {
    const name = archiveName(version, selectedBy(platform));
    const sha256 = checksums.get(name);
    if (sha256 === undefined) {
      throw new Error(`SHA256SUMS has no ${name}, which the krew manifest requires`);
    }
    platform.set('uri', `${DOWNLOADS}/v${version}/${name}`);
    platform.set('sha256', sha256);
    used.add(name);
  }
  const unused = [...checksums.keys()].filter((name) => name.endsWith('.tar.gz') && !used.has(name));
  if (unused.length > 0) {
    throw new Error(`deploy/krew/wsap.yaml has no platform for ${unused.join(', ')}`);
  }
}

function platformsOf(manifest: Document): YAMLMap[] {
  const platforms = manifest.getIn(['spec', 'platforms']);
  if (!isSeq(platforms)) {
    throw new Error('the krew manifest has no platforms');
  }
  return platforms.items.filter((item) => isMap(item));
}

function selectedBy(platform: YAMLMap): Platform {
  const value = (key: string) => String(platform.getIn(['selector', 'matchLabels', key]));
  return { os: value('os'), arch: value('arch') };
}
