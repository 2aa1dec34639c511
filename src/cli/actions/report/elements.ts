import { createHash } from 'node:crypto';
import { type Html, html } from './markup.ts';

/** Returns the hash that allows an inline style or script in a Content-Security-Policy. */
export function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}

interface TableRow {
  /** Cells of the row. The first is the header of the row. */
  readonly cells: readonly (string | number | Html)[];
  readonly blocker?: string | undefined;
}

/** Returns a section with a table. Empty without rows. */
export function section(title: string, columns: readonly string[], rows: readonly TableRow[]): Html {
  if (rows.length === 0) {
    return html``;
  }
  const body = rows.map(
    ({
      cells: [name, ...cells],
      blocker,
    }) => html`<tr><th scope="row" data-column="${columns[0]}">${name}</th>${cells.map(
      (cell, index) => html`<td data-column="${columns[index + 1]}">${cell}</td>`,
    )}</tr>
${blocker === undefined ? '' : html`<tr class="blocker"><td colspan="${columns.length}">${blocker}</td></tr>`}`,
  );
  return html`<section><h2>${title}</h2>${table(columns, html`<tbody>${body}</tbody>`)}</section>`;
}

/** Returns a table with a header. */
export function table(columns: readonly string[], body: Html): Html {
  const header = columns.map((column) => html`<th scope="col">${column}</th>`);
  return html`<div class="wide"><table><thead><tr>${header}</tr></thead>${body}</table></div>`;
}

/** Returns an amount with its currency. */
export function moneyOf(amount: number, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(amount);
}
