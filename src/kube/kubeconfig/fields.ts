/** Object in a kubeconfig, and its path for messages. Reads fields with the types that client-go requires. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly path: string;

  private constructor(values: Readonly<Record<string, unknown>>, path: string) {
    this.#values = values;
    this.path = path;
  }

  /**
   * Returns the fields of a value. Null and undefined have none.
   *
   * @throws Error if the value isn't an object. It never quotes the value
   */
  static of(value: unknown, path: string): Fields {
    if (value === null || value === undefined) {
      return new Fields({}, path);
    }
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw new Error(path === '' ? 'it must be a mapping' : `${path} must be a mapping`);
    }
    return new Fields(value as Record<string, unknown>, path);
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  value(name: string): unknown {
    return this.#values[name];
  }

  object(name: string): Fields {
    return Fields.of(this.#values[name], this.pathOf(name));
  }

  /** Returns a text. Empty if the field isn't set. */
  text(name: string): string {
    const value = this.#values[name] ?? '';
    if (typeof value !== 'string') {
      throw new Error(`${this.pathOf(name)} must be a string; put it in quotes`);
    }
    return value;
  }

  /** Returns base64 text. Empty if the field isn't set. */
  base64(name: string): string {
    const value = this.text(name).replace(/[\r\n]/g, '');
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) {
      throw new Error(`${this.pathOf(name)} must be in base64`);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.#values[name] ?? false;
    if (typeof value !== 'boolean') {
      throw new Error(`${this.pathOf(name)} must be true or false`);
    }
    return value;
  }

  /** Returns the entries of a list of objects. */
  objects(name: string): Fields[] {
    return this.#list(name).map((value, index) => Fields.of(value, `${this.pathOf(name)}[${index}]`));
  }

  texts(name: string): string[] {
    return this.#list(name).map((value) => {
      if (typeof value !== 'string') {
        throw new Error(`${this.pathOf(name)} must be a list of strings`);
      }
      return value;
    });
  }

  /** Returns an object whose values are lists of texts. */
  textLists(name: string): Record<string, string[]> {
    const fields = this.object(name);
    return Object.fromEntries(Object.keys(fields.#values).map((key) => [key, fields.texts(key)]));
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  #list(name: string): readonly unknown[] {
    const value = this.#values[name] ?? [];
    if (!Array.isArray(value)) {
      throw new Error(`${this.pathOf(name)} must be a list`);
    }
    return value;
  }
}
