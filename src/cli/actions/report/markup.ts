import { sanitize } from '../../../sanitize.ts';

/** Trusted HTML markup. */
class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type { Html };

type Part = string | number | Html | undefined | readonly Part[];

/** Template tag for HTML. Inserts `Html` values as markup and escapes all other values, so that they can't become markup. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(markupOf)));
}

/** Returns markup from a file of the program without escaping it. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

/** Returns data for a script of the page as JSON that can't end the script element. */
export function jsonFor(value: unknown): Html {
  return new Html(
    JSON.stringify(value)
      .replaceAll('<', '\\u003c')
      .replace(/[\u2028\u2029]/g, ' '),
  );
}

function markupOf(part: Part): string {
  if (part instanceof Html) {
    return part.markup;
  }
  if (typeof part === 'object') {
    return part.map(markupOf).join('');
  }
  return part === undefined
    ? ''
    : sanitize(String(part), 1024).replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
