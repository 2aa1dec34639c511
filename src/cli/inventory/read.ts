import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { InvalidInventoryError, type InventoryFile, parseInventory } from '../../fleet/inventoryFile.ts';
import { printable } from '../../printable.ts';
import { unreadable } from '../documents.ts';
import { CliError } from '../failure.ts';

/**
 * Reads a fleet as `wsap inventory` writes it, in YAML or JSON.
 *
 * @throws CliError if there is no such file, or it isn't valid
 */
export async function readInventoryFile(path: string): Promise<InventoryFile> {
  const content = await readFile(path, 'utf8').catch((error: Error) => unreadable(path, error));
  try {
    return parseInventory(parse(content, { maxAliasCount: 1_000 }));
  } catch (error) {
    const isItsFault = error instanceof InvalidInventoryError || (error as Error).name === 'YAMLParseError';
    throw isItsFault
      ? new CliError(`${printable(path)} is no inventory: ${printable((error as Error).message, 512)}`)
      : error;
  }
}
