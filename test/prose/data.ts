/** Prose of YAML and JSON: what describes a field, an alert or a validation, and comments. */
import { isScalar, Lexer, parseAllDocuments, visit } from 'yaml';
import { Mask } from './mask.ts';

/** Keys whose values are sentences: of schemas, of CEL validations, of alerts, of actions and forms. */
const SENTENCES = ['description', 'message', 'summary', 'label', 'title', 'placeholder', 'about'];
/** Leaves templates of Helm, which aren't YAML, to their comments. */
const TEMPLATE = /\{\{[-\s]*(?:if|range|with|define|include|template|end)\b/;

/** The header of a block, or the opening quote. */
const OPENING = /^(?:[|>][-+\d]*|["'])/;
/** Lexemes that the lexer inserts. */
const MARKS = ['\u0002', '\u0018', '\u001f'];

export function dataProse(source: string, isJson: boolean): string {
  const mask = new Mask(source);
  if (!isJson) {
    showComments(source, mask);
  }
  if (!TEMPLATE.test(source)) {
    for (const document of parseAllDocuments(source, { logLevel: 'silent' })) {
      visit(document, {
        Pair: (_, { key, value }) => {
          if (isScalar(key) && SENTENCES.includes(String(key.value)) && isScalar(value) && value.range) {
            if (typeof value.value === 'string') {
              const [start, end] = value.range;
              mask.show(start, end);
              mask.hide(start, start + (OPENING.exec(source.slice(start, end))?.[0].length ?? 0));
            }
          }
        },
      });
    }
  }
  return mask.finish();
}

/** Consecutive comments make one text: their marks become white space. */
function showComments(source: string, mask: Mask): void {
  let offset = 0;
  for (const lexeme of new Lexer().lex(source)) {
    if (MARKS.includes(lexeme)) {
      continue;
    }
    // An indented comment is a command or an example.
    if (lexeme.startsWith('#') && !/^#+ {3}/.test(lexeme)) {
      mask.show(offset, offset + lexeme.length);
      mask.fill(offset, offset + (/^#+/.exec(lexeme)?.[0].length ?? 1), ' ');
      const indent = /\n[ \t]*$/.exec(source.slice(0, offset))?.[0].length ?? 0;
      mask.show(offset - indent, offset);
    }
    offset += lexeme.length;
  }
}
