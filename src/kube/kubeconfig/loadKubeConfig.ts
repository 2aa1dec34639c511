import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { KubeConfig } from '@kubernetes/client-node';
import { type KubeConfigContent, parseKubeConfig } from './parseKubeConfig.ts';

/**
 * Returns the files of the kubeconfig: those in `KUBECONFIG`, else `.kube/config` in the home directory. They need not exist.
 */
export function kubeConfigFiles(env: NodeJS.ProcessEnv = process.env): string[] {
  const files = env.KUBECONFIG ? env.KUBECONFIG.split(delimiter) : [join(homeDirectory(env), '.kube', 'config')];
  return [...new Set(files)].filter((file) => file !== '');
}

/** Returns the home directory as client-go does. On Windows, several variables can name it. */
function homeDirectory(env: NodeJS.ProcessEnv): string {
  if (process.platform !== 'win32') {
    return env.HOME ?? homedir();
  }
  const homes = [env.HOME, env.HOMEDRIVE && env.HOMEPATH ? env.HOMEDRIVE + env.HOMEPATH : '', env.USERPROFILE];
  return homes.find((home) => home && existsSync(join(home, '.kube', 'config'))) ?? homedir();
}

/**
 * Reads a kubeconfig by the loading rules of client-go: `file`, which must exist, or the files of `KUBECONFIG`, of which missing ones are
 * skipped. The first file that sets the current context wins, and the first definition of a cluster, user, or context. Throws an Error
 * that never quotes a file because it contains credentials.
 */
export function loadKubeConfig(file?: string): KubeConfig {
  const contents = (file === undefined ? kubeConfigFiles() : [file]).flatMap((path) => {
    const content = contentOf(path, file !== undefined);
    return content === undefined ? [] : [content];
  });
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: firstOfEachName(contents.flatMap(({ clusters }) => clusters)),
    users: firstOfEachName(contents.flatMap(({ users }) => users)),
    contexts: firstOfEachName(contents.flatMap(({ contexts }) => contexts)),
    currentContext: contents.map(({ currentContext }) => currentContext).find((name) => name !== '') ?? '',
  });
  return config;
}

function contentOf(path: string, isRequired: boolean): KubeConfigContent | undefined {
  try {
    return parseKubeConfig(decode(readFileSync(path)), dirname(resolve(path)));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isRequired) {
      return undefined;
    }
    // The message of a system error contains the path.
    throw new Error(`cannot read the kubeconfig${'syscall' in Object(error) ? '' : ` ${path}`}: ${message}`);
  }
}

/** Decodes a file as Kubernetes does. Windows PowerShell writes UTF-16. */
function decode(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it must be UTF-8, or UTF-16 with a byte order mark');
  }
}

function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  const names = new Set<string>();
  return entries.filter(({ name }) => !names.has(name) && names.add(name));
}
