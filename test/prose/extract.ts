/** Finds the prose of a file by its kind: Markdown, YAML and JSON, TypeScript and JavaScript, text. */
import { parse } from 'node:path';
import { dataProse } from './data.ts';
import { markdownProse } from './markdown.ts';
import { Mask } from './mask.ts';
import { scriptProse } from './script.ts';

/** The texts of rules.yaml's `in`. */
export const KINDS = ['docs', 'api', 'messages', 'comments', 'deploy'] as const;
export type Kind = (typeof KINDS)[number];

export interface Prose {
  readonly kind: Kind;
  /** As long as the file; see mask.ts. */
  readonly text: string;
}

/** The prose of a file, or undefined if files of its name have none that can be read. */
export function proseOf(path: string, source: string): Prose[] | undefined {
  const { base, ext } = parse(path);
  switch (ext) {
    case '.md':
      return [{ kind: 'docs', text: markdownProse(path, source) }];
    case '.yaml':
    case '.yml':
    case '.json':
      return [{ kind: /(^|\/)crds\//.test(path) ? 'api' : 'deploy', text: dataProse(source, ext === '.json') }];
    case '.ts':
    case '.js':
      return base.endsWith('.gen.ts') ? undefined : scriptProse(path, source);
    case '.txt': {
      const mask = new Mask(source);
      mask.show(0, source.length);
      return [{ kind: 'deploy', text: mask.finish() }];
    }
    default:
      return undefined;
  }
}
