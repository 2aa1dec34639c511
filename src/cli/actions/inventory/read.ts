import { parseDocument } from 'yaml';
import { InvalidInventoryError, type InventoryFile, parseInventory } from '../../../inventory/inventoryFile.ts';
import { plainValueOf } from '../../../kube/kubernetesYaml.ts';
import { sanitize } from '../../../sanitize.ts';
import { MAX_FLEET_BYTES, readTextFile } from '../../../textFile.ts';
import { CliError } from '../../exit.ts';

/**
 * Reads an inventory file in YAML or JSON.
 *
 * @throws TextFileError if the file can't be read
 * @throws CliError if it isn't a valid inventory
 */
export async function readInventoryFile(path: string): Promise<InventoryFile> {
  const content = await readTextFile(path, MAX_FLEET_BYTES);
  const invalid = (message: string) =>
    new CliError(`${sanitize(path)} is not a valid inventory file: ${sanitize(message, 512)}`);
  const document = parseDocument(content);
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    throw invalid(syntaxError.message);
  }
  const plain = plainValueOf(document);
  if ('message' in plain) {
    throw invalid(plain.message);
  }
  try {
    return parseInventory(plain.value);
  } catch (error) {
    throw error instanceof InvalidInventoryError ? invalid(error.message) : error;
  }
}
