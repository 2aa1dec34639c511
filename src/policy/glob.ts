/**
 * Whether a text matches a pattern. `*` matches any number of characters, and `?` matches one. Takes linear memory and at most quadratic
 * time for any pattern; a regular expression built from a tenant's text could take exponential time.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const wanted = [...pattern];
  const given = [...text];
  let at = 0;
  let next = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < given.length) {
    if (wanted[next] === '*') {
      star = next++;
      resumeAt = at;
    } else if (next < wanted.length && (wanted[next] === '?' || wanted[next] === given[at])) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++resumeAt;
    } else {
      return false;
    }
  }
  while (wanted[next] === '*') {
    next++;
  }
  return next === wanted.length;
}
