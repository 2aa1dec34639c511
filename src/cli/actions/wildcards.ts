const WILDCARD = /[*?[]/;

/** Whether a path contains wildcards. */
export function hasWildcards(path: string): boolean {
  return WILDCARD.test(path);
}

/**
 * Returns the regular expression of a path with the wildcards of a shell: `*` and `?` match within a name, `**` matches any number of
 * folders, and `[a-c]` and `[!a-c]` match one character.
 */
export function wildcardPattern(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\/\*\*$|\*|\?|\[[!^]?[^\]/]+\]|[\\^$.|+(){}[\]]/g, (part) => {
    switch (part) {
      case '**/':
        return '(?:[^/]+/)*';
      case '/**':
        return '(?:/.*)?';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      default:
        return part.length > 1 ? classOf(part) : `\\${part}`;
    }
  });
  return new RegExp(`^${source}$`, 'su');
}

function classOf(part: string): string {
  const isNegated = /^\[[!^]/.test(part);
  const characters = part.slice(isNegated ? 2 : 1, -1).replace(/[\\\]^[]/g, '\\$&');
  return `[${isNegated ? '^' : ''}${characters}]`;
}
