import { invalidField } from './invalidField.ts';

/** The metadata fields of a Kubernetes object that the operator reads. The API server sets `uid` and `generation`. */
export interface ManifestMetadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string | Date;
  readonly deletionTimestamp?: string | Date;
  readonly resourceVersion?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Returns the name of a resource.
 *
 * @throws InvalidResourceError without a name, even with a prefix, because each apply would create another resource
 */
export function requiredName({ name, generateName }: ManifestMetadata): string {
  const reason = generateName ? '; generateName creates another resource each time' : '';
  return name || invalidField('metadata.name', `required${reason}`);
}
