import type { Application, Workspace } from '../fleet/model.ts';
import { differenceOf } from '../fleet/products.ts';
import { sanitize } from '../sanitize.ts';

/**
 * Returns why AWS can't install an application on a WorkSpace, or undefined if nothing is known that prevents it: the compute types and
 * operating systems that AWS reports for the application, and the applications that stay on the WorkSpace.
 */
export function incompatibilityOf(
  application: Application,
  { computeTypeName, operatingSystemName }: Workspace,
  staying: readonly Application[],
): string | undefined {
  const { supportedComputeTypeNames, supportedOperatingSystemNames } = application;
  const name = nameOf(application);
  if (isMissingIn(supportedComputeTypeNames, computeTypeName)) {
    return `AWS doesn't support ${name} on the compute type ${sanitize(computeTypeName ?? '', 32)} of the WorkSpace`;
  }
  if (isMissingIn(supportedOperatingSystemNames, operatingSystemName)) {
    return `AWS doesn't support ${name} on the operating system ${sanitize(operatingSystemName ?? '', 32)} of the WorkSpace`;
  }
  for (const other of staying) {
    const difference = differenceOf(application.name, other.name);
    if (difference !== undefined) {
      return (
        `${name} can't be on a WorkSpace together with ${nameOf(other)}, which stays: ` +
        `Office, Visio, and Project must have the same ${difference}`
      );
    }
  }
  return undefined;
}

/** Returns the name of an application for messages. */
export function nameOf({ name, applicationID }: Application): string {
  return sanitize(name ?? applicationID, 96);
}

/** Whether a value isn't in a list. False if AWS doesn't report one of them. */
function isMissingIn(supported: readonly string[] | undefined, value: string | undefined): boolean {
  return supported !== undefined && value !== undefined && !supported.includes(value);
}
