import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { InvalidInventoryError, type InventoryFile, parseInventory } from '../../fleet/inventoryFile.ts';
import { printable } from '../../printable.ts';
import { unreadable } from '../documents.ts';
import { CliError } from '../failure.ts';
import { plainValueOf } from '../kubernetesYaml.ts';

/**
 * Reads a fleet as `wsap inventory` writes it, in YAML or JSON.
 *
 * @throws CliError if there is no such file, or it isn't valid
 */
export async function readInventoryFile(path: string): Promise<InventoryFile> {
  const content = await readFile(path, 'utf8').catch((error: Error) => unreadable(path, error));
  const refuse = (message: string) => new CliError(`${printable(path)} is no inventory: ${printable(message, 512)}`);
  const document = parseDocument(content);
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    throw refuse(syntaxError.message);
  }
  const plain = plainValueOf(document);
  if ('message' in plain) {
    throw refuse(plain.message);
  }
  try {
    return parseInventory(plain.value);
  } catch (error) {
    throw error instanceof InvalidInventoryError ? refuse(error.message) : error;
  }
}
