import type { FleetError } from '../fleet/errors.ts';
import type { BundleContents, BundleSource } from './bundleCache.ts';
import type { InventoryFile } from './inventoryFile.ts';

/** Contents of bundles in an inventory file. Never calls AWS. */
export class InventoryFileBundles implements BundleSource {
  readonly failure: FleetError | undefined = undefined;
  readonly #contents: ReadonlyMap<string, BundleContents>;

  constructor({ bundles = [] }: Pick<InventoryFile, 'bundles'>) {
    this.#contents = new Map(
      bundles.map(({ bundleID, imageID, applicationIDs }) => [
        bundleID,
        { bundleID, imageID, applicationIDs: [...applicationIDs].sort() },
      ]),
    );
  }

  contentsOf(bundleID: string): BundleContents | undefined {
    return this.#contents.get(bundleID);
  }

  async request(): Promise<void> {}
}
