/** Maximum number of columns of a line of Markdown (CONTRIBUTING.md). */
const COLUMNS = 100;

/** Returns a paragraph in lines of at most 100 columns; lines after the first start with `indent`. Code spans stay whole. */
export function wrap(paragraph: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
    if (line !== '' && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
