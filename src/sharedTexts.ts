/** Number of texts after which the oldest ones are dropped. Larger than any fleet. */
const MAX_TEXTS = 1 << 18;

/**
 * Returns the same string for equal texts, so that a million responses that contain the same IDs don't take memory for each of them. Holds a
 * limited number of texts.
 */
export class SharedTexts {
  #recent = new Map<string, string>();
  #older = new Map<string, string>();

  /** Returns the string that represents a text. */
  shared(text: string): string {
    const known = this.#recent.get(text);
    if (known !== undefined) {
      return known;
    }
    if (this.#recent.size >= MAX_TEXTS) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    const represented = this.#older.get(text) ?? text;
    this.#recent.set(represented, represented);
    return represented;
  }
}
