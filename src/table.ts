/** Formats rows of cells as aligned lines. Pads each column except the last to its widest cell, plus `gap` spaces. */
export function alignedLines(lines: readonly (readonly string[])[], gap = 2): string[] {
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => lengthOf(line[column]))),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(cell) + gap)))
      .join('')
      .trimEnd(),
  );
}

function lengthOf(cell = ''): number {
  return [...cell].length;
}
