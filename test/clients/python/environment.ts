import { hash } from 'node:crypto';
import { access, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defaultCacheRoot } from '../../environment/cache.ts';
import { acquireLock } from '../../environment/lock.ts';
import { runOrFail } from '../runProgram.ts';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/** Python environment with boto3 and the AWS CLI, or the reason why they can't be installed. */
export type PythonEnvironment = { readonly bin: string } | { readonly missing: string };

/** Installs boto3 and the AWS CLI once per machine and set of versions. */
export async function pythonEnvironment(): Promise<PythonEnvironment> {
  const version = hash('sha256', await readFile(REQUIREMENTS, 'utf8'), 'hex').slice(0, 16);
  const folder = join(dirname(defaultCacheRoot()), 'clients', `python-${version}`);
  const bin = join(folder, 'bin');
  await mkdir(dirname(folder), { recursive: true });
  await using _ = await acquireLock(`${folder}.lock`, {});
  try {
    await access(join(folder, 'complete'));
  } catch {
    try {
      await rm(folder, { recursive: true, force: true });
      await runOrFail('python3', ['-m', 'venv', folder]);
      await runOrFail(join(bin, 'pip'), ['install', '--quiet', '--requirement', REQUIREMENTS]);
      await mkdir(join(folder, 'complete'));
    } catch (error) {
      return { missing: `boto3 and the AWS CLI can't be installed: ${(error as Error).message}` };
    }
  }
  return { bin };
}
