import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { InvalidInventoryError, type InventoryFile, parseInventory } from '../../../inventory/inventoryFile.ts';
import { plainValueOf } from '../../../kube/kubernetesYaml.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../exit.ts';
import { throwUnreadable } from '../manifests.ts';

/**
 * Reads an inventory file in YAML or JSON.
 *
 * @throws CliError if the file doesn't exist or isn't valid
 */
export async function readInventoryFile(path: string): Promise<InventoryFile> {
  const content = await readFile(path, 'utf8').catch((error: Error) => throwUnreadable(path, error));
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
