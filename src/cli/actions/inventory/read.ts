import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { InvalidInventoryError, type InventoryFile, parseInventory } from '../../../inventory/inventoryFile.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../output/cliError.ts';
import { plainValueOf } from '../../output/kubernetesYaml.ts';
import { unreadable } from '../manifests.ts';

/**
 * Reads a fleet as `wsap inventory` writes it, in YAML or JSON.
 *
 * @throws CliError if there is no such file, or it isn't valid
 */
export async function readInventoryFile(path: string): Promise<InventoryFile> {
  const content = await readFile(path, 'utf8').catch((error: Error) => unreadable(path, error));
  const refuse = (message: string) => new CliError(`${sanitize(path)} is no inventory: ${sanitize(message, 512)}`);
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
