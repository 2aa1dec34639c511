import type { Static, TSchema } from 'typebox';

/** The type of the documents that a schema accepts. Documents are read-only. */
export type DocumentOf<Schema extends TSchema> = DeepReadonly<Static<Schema>>;

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;
