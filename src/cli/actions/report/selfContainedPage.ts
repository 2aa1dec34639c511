import { readFileSync } from 'node:fs';
import { formatMinute } from '../../../clock.ts';
import { hashOf } from './elements.ts';
import { type Html, html, jsonFor, trusted } from './markup.ts';

/** A self-contained page. */
interface HtmlPage {
  readonly title: string;
  /** Sentence below the title. */
  readonly lead: string;
  readonly main: readonly Html[];
  /** The only script of the page, and the data that it reads from the element `cells`. Undefined for a page without a script. */
  readonly script?: { readonly source: string; readonly cells: unknown };
}

/** Formats a page that loads no other file. Its Content-Security-Policy permits no other style and no other script. */
export function selfContainedPage({ title, lead, main, script }: HtmlPage): string {
  const style = readFileSync(new URL('./page.css', import.meta.url), 'utf8');
  const scripts = script === undefined ? '' : `script-src '${hashOf(script.source)}'; `;
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; ${scripts}base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${lead}</p>
</header>
<main>
${main.map(
  (part) => html`${part}
`,
)}</main>
${
  script === undefined
    ? ''
    : html`<script type="application/json" id="cells">${jsonFor(script.cells)}</script>
<script>${trusted(script.source)}</script>
`
}</body>
</html>
`.markup;
}

/** Returns a time for readers, in UTC. Empty for an empty time. */
export function timeOf(time: string): string {
  return time === '' ? '' : formatMinute(new Date(time));
}

/** Returns a list of numbers, each with its name and the class of its color. */
export function tileList(tiles: readonly (readonly [name: string, value: string | number, kind: string])[]): Html {
  const items = tiles.map(([name, value, kind]) => html`<li class="${kind}"><strong>${value}</strong> ${name}</li>`);
  return html`<ul class="tiles">${items}</ul>`;
}
