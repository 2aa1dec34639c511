/** A product of Microsoft, read from the name of an application. Undefined parts aren't in the name. */
interface Product {
  readonly family: 'Office' | 'Visio' | 'Project' | 'Visual Studio';
  readonly edition: 'Professional' | 'Standard' | undefined;
  /** Year, for example, 2024. */
  readonly version: string | undefined;
  /** Architecture, for example, 64-bit. */
  readonly architecture: string | undefined;
}

/** Returns the product of an application, or undefined if the name shows none of the known families. */
function productOf(name: string | undefined): Product | undefined {
  const family = /\bMicrosoft\b.*?\b(Office|Visio|Project|Visual Studio)\b/.exec(name ?? '')?.[1];
  return family === undefined
    ? undefined
    : {
        family: family as Product['family'],
        edition: /\b(Professional|Standard)\b/.exec(name ?? '')?.[1] as Product['edition'],
        version: /\b20\d\d\b/.exec(name ?? '')?.[0],
        architecture: /\b(?:32|64)-bit\b/.exec(name ?? '')?.[0],
      };
}

/** Whether two applications belong to different product families. False if one of the families isn't known. */
export function areOfDifferentFamilies(name: string | undefined, other: string | undefined): boolean {
  const [one, another] = [productOf(name)?.family, productOf(other)?.family];
  return one !== undefined && another !== undefined && one !== another;
}

/** Whether two applications belong to the same known product family. */
export function areOfSameFamily(name: string | undefined, other: string | undefined): boolean {
  const family = productOf(name)?.family;
  return family !== undefined && family === productOf(other)?.family;
}

/** Families that must have the same edition and version on one WorkSpace. */
const TIED_FAMILIES: ReadonlySet<string> = new Set<Product['family']>(['Office', 'Visio', 'Project']);

/**
 * Returns what differs between two applications that can't be on the same WorkSpace: Office, Visio, and Project must have the same edition
 * (Standard or Professional), version, and architecture. Undefined if both can be, or if their names don't show it.
 *
 * Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html
 */
export function differenceOf(
  name: string | undefined,
  other: string | undefined,
): 'edition' | 'version' | 'architecture' | undefined {
  const [one, another] = [productOf(name), productOf(other)];
  if (one === undefined || another === undefined) {
    return undefined;
  }
  if (!TIED_FAMILIES.has(one.family) || !TIED_FAMILIES.has(another.family)) {
    return undefined;
  }
  return (['version', 'edition', 'architecture'] as const).find(
    (part) => one[part] !== undefined && another[part] !== undefined && one[part] !== another[part],
  );
}
