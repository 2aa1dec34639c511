import { access, constants, mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildEntry, defaultCacheRoot, lockEntry, missingBinaries, storeAtomically } from './cache.ts';
import { buildHelm, buildMinutes } from './goBuild.ts';
import { type GoModule, goPlatform, type Platform, readHelmPin } from './pin.ts';
import { ProgressLine } from './progress.ts';

export interface HelmOptions {
  readonly cacheRoot?: string;
  readonly pin?: GoModule;
  readonly platform?: Platform;
  readonly env?: NodeJS.ProcessEnv;
  readonly progress?: ProgressLine;
  readonly build?: typeof buildHelm;
}

const PROGRAM = 'helm';

/**
 * Returns the path of Helm 4: HELM_PATH, or the pinned version in the cache. Builds it once per machine; concurrent processes wait. Rejects
 * with an error that lists the solutions.
 */
export async function locateHelm(options: HelmOptions = {}): Promise<string> {
  const { cacheRoot = defaultCacheRoot(), env = process.env, platform = goPlatform() } = options;
  const { pin = await readHelmPin(), progress = new ProgressLine(), build = buildHelm } = options;
  if (env.HELM_PATH) {
    await access(env.HELM_PATH, constants.X_OK).catch(() => {
      throw new Error(`HELM_PATH is ${env.HELM_PATH}, which is not an executable file`);
    });
    return env.HELM_PATH;
  }
  const entry = join(cacheRoot, `${PROGRAM}-${buildEntry(pin, platform)}`);
  const isCached = async () => (await missingBinaries(entry, [PROGRAM])).length === 0;
  if (!(await isCached())) {
    await mkdir(cacheRoot, { recursive: true });
    await using _lock = await lockEntry(entry, 'Helm', { progress });
    if (!(await isCached())) {
      const about = buildMinutes(availableParallelism(), HELM_PROCESSOR_MINUTES);
      await progress.during(
        () => `building helm ${pin.version} from Go modules into the cache, about ${about} minutes`,
        () =>
          storeAtomically(entry, (staging) => build(staging, { pin, platform, env }), [PROGRAM]).catch(rethrow(pin)),
      );
    }
  }
  return join(entry, PROGRAM);
}

/** Processor time of a build. */
const HELM_PROCESSOR_MINUTES = 9;

function rethrow({ version, goVersion }: GoModule): (error: Error) => never {
  return (error) => {
    throw new Error(
      [
        `cannot build helm ${version}: ${error.message}`,
        `Install Go ${goVersion} or newer (https://go.dev/dl), or set HELM_PATH to a Helm 4.`,
      ].join('\n'),
      { cause: error },
    );
  };
}
