import { sanitize } from '../../../sanitize.ts';

/** Markup that is meant as such. */
class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type { Html };

type Part = string | number | Html | undefined | readonly Part[];

/** A piece of a page. Whatever is put into it that isn't such a piece is text: it can't become markup, nor reorder what is around it. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(markupOf)));
}

/** Markup from a file of the program, which is no text of others. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

/** Data for a script of the page, in a form that can't end its element. */
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
