import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { defaultCacheRoot, lockEntry, missingBinaries, storeAtomically } from '../cache.ts';
import { downloadFile } from '../download.ts';
import { freePort } from '../freePort.ts';
import { ProgressLine } from '../progress.ts';

/** Repository of the jars: Maven Central. */
const MAVEN_CENTRAL = 'https://repo1.maven.org/maven2/';
/** Number of parallel downloads. */
const DOWNLOADS = 6;
/** Minimum major version of Java. */
const JAVA_VERSION = 11;

/** Running ElasticMQ, an implementation of SQS. */
export interface ElasticMq extends AsyncDisposable {
  readonly url: string;
}

/** ElasticMQ, or the reason why it can't run on this machine. */
export type ElasticMqSetup = { readonly jars: string } | { readonly missing: string };

/** Downloads ElasticMQ once per machine and version. */
export async function elasticMqSetup(): Promise<ElasticMqSetup> {
  const java = await javaVersion();
  if (java === undefined || java < JAVA_VERSION) {
    return { missing: `ElasticMQ needs Java ${JAVA_VERSION} or later; install it, for example, from adoptium.net` };
  }
  const { version, jars } = JSON.parse(await readFile(join(import.meta.dirname, 'jars.json'), 'utf8')) as {
    readonly version: string;
    readonly jars: readonly { readonly path: string; readonly sha256: string }[];
  };
  const entry = join(dirname(defaultCacheRoot()), 'elasticmq', version);
  // The folder is renamed when all jars are complete, and the file marks it.
  const isCached = async () => (await missingBinaries(entry, ['complete'])).length === 0;
  await mkdir(dirname(entry), { recursive: true });
  const progress = new ProgressLine();
  await using _lock = await lockEntry(entry, 'ElasticMQ', { progress });
  if (!(await isCached())) {
    const fill = async (staging: string) => {
      const queue = [...jars];
      const download = async () => {
        for (let jar = queue.pop(); jar !== undefined; jar = queue.pop()) {
          const { path, sha256 } = jar;
          await downloadFile({ url: `${MAVEN_CENTRAL}${path}`, sha256 }, join(staging, basename(path)));
        }
      };
      await Promise.all(Array.from({ length: DOWNLOADS }, download));
      await writeFile(join(staging, 'complete'), '', { mode: 0o755 });
    };
    try {
      await progress.during(
        () => `downloading ElasticMQ ${version} into the cache`,
        () => storeAtomically(entry, fill, ['complete']),
      );
    } catch (error) {
      return { missing: `ElasticMQ can't be downloaded: ${(error as Error).message}` };
    }
  }
  return { jars: entry };
}

/** Starts ElasticMQ with queues, each of which can have a dead-letter queue. Rejects if it doesn't start. */
export async function startElasticMq(
  jars: string,
  folder: string,
  queues: Readonly<Record<string, { readonly deadLetterQueue: string; readonly maxReceiveCount: number } | undefined>>,
): Promise<ElasticMq> {
  // ElasticMQ can't report a port that it selects.
  const port = await freePort();
  const definitions = Object.entries(queues).map(([name, settings]) => {
    const redrive =
      settings &&
      `deadLettersQueue { name = "${settings.deadLetterQueue}", maxReceiveCount = ${settings.maxReceiveCount} }`;
    return `  ${name} { ${redrive ?? ''} }`;
  });
  const config = join(folder, 'elasticmq.conf');
  await writeFile(
    config,
    `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
aws { region = eu-central-1, accountId = 123456789012 }
queues {
${definitions.join('\n')}
}
`,
  );
  const java = spawn(
    'java',
    [
      '-Xmx128m',
      '-XX:TieredStopAtLevel=1',
      `-Dconfig.file=${config}`,
      '-cp',
      join(jars, '*'),
      'org.elasticmq.server.Main',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await untilStarted(java);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => java.once('exit', resolve));
      java.kill('SIGKILL');
      await exited;
    },
  };
}

/** Resolves when the log says that the server has started. Rejects with the log if the process ends before. */
function untilStarted(java: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const read = (chunk: Buffer) => {
      log += chunk;
      if (/ElasticMQ server \(\S+\) started/.test(log)) {
        resolve();
      }
    };
    java.stdout?.on('data', read);
    java.stderr?.on('data', read);
    java.once('error', reject);
    java.once('exit', (code) => reject(new Error(`ElasticMQ ended with code ${code}:\n${log}`)));
  });
}

/** Returns the major version of Java, or undefined if there is none. */
async function javaVersion(): Promise<number | undefined> {
  try {
    const { stderr } = await promisify(execFile)('java', ['-version']);
    const [, version] = /version "(?:1\.)?(\d+)/.exec(stderr) ?? [];
    return version === undefined ? undefined : Number(version);
  } catch {
    return undefined;
  }
}
