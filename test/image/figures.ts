/** Prints a measured figure below the results of the tests. The documentation contains the figures of a run. */
export function printFigure(name: string, value: string): void {
  process.stdout.write(`figure: ${name}: ${value}\n`);
}

/** Formats bytes in decimal megabytes, as registries do. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Formats bytes in binary megabytes, as Kubernetes does. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
