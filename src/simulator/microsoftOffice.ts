/** Application of Microsoft's Office family. Undefined parts can't be read from the name. */
export interface OfficeProduct {
  readonly family: 'Office' | 'Visio' | 'Project';
  readonly edition: 'Professional' | 'Standard' | undefined;
  readonly version: string | undefined;
  readonly architecture: '32-bit' | '64-bit';
}

/** Returns the product of an application name, or undefined for an application of another family. */
export function officeProductOf(name: string): OfficeProduct | undefined {
  const family = /\bMicrosoft\b.*?\b(Office|Visio|Project)\b/.exec(name)?.[1] as OfficeProduct['family'] | undefined;
  if (family === undefined) {
    return undefined;
  }
  const version = /\b20\d\d\b/.exec(name)?.[0];
  return {
    family,
    edition: /\b(Professional|Standard)\b/.exec(name)?.[1] as OfficeProduct['edition'],
    version,
    // AWS offers Office 2016 for 32 bits and all later versions for 64 bits.
    architecture: /\b32-bit\b/.test(name) || (version === '2016' && !/\b64-bit\b/.test(name)) ? '32-bit' : '64-bit',
  };
}

/**
 * Whether AWS rejects two applications on one WorkSpace: Office, Visio, and Project must have the same edition,
 * version, and architecture.
 *
 * Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html
 */
export function areIncompatible(name: string, otherName: string): boolean {
  const [product, other] = [officeProductOf(name), officeProductOf(otherName)];
  if (product === undefined || other === undefined) {
    return false;
  }
  const differ = (key: 'edition' | 'version') =>
    product[key] !== undefined && other[key] !== undefined && product[key] !== other[key];
  return differ('edition') || differ('version') || product.architecture !== other.architecture;
}

/** Whether two applications are releases of the same product, so that one must be uninstalled first. */
export function areReleasesOfOneProduct(name: string, otherName: string): boolean {
  const family = officeProductOf(name)?.family;
  return family !== undefined && family === officeProductOf(otherName)?.family && areIncompatible(name, otherName);
}
