/** A link of a page: where it points, and in which line it stands. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** The links and images of a page in Markdown, but for those in code. */
export function linksIn(page: string): Link[] {
  return prose(page).flatMap((text, index) =>
    [
      ...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\s*\[[^\]]+\]:\s*(\S+)|\b(?:href|src)="([^"]+)"/g),
    ].map(([, inline, reference, html]) => ({ target: inline ?? reference ?? html ?? '', line: index + 1 })),
  );
}

/** The anchors of a page, as GitHub makes them of its headings. */
export function anchorsIn(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of page.replace(FENCED, blank).split('\n')) {
    const [, heading] = /^#{1,6}\s+(.*?)\s*#*$/.exec(line) ?? [];
    if (heading === undefined) {
      continue;
    }
    const slug = heading
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    let unique = slug;
    for (let count = 1; anchors.has(unique); count++) {
      unique = `${slug}-${count}`;
    }
    anchors.add(unique);
  }
  return anchors;
}

const FENCED = /^([ \t]*)(```+|~~~+)[^\n]*\n[\s\S]*?^[ \t]*\2[ \t]*$/gm;

/** The lines of a page without its code, which stays empty. */
function prose(page: string): string[] {
  return page
    .replace(FENCED, blank)
    .replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, blank)
    .split('\n');
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
