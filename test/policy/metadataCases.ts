/** Metadata on which lint and the API server must agree. */

const LONG = 'x'.repeat(63);

/** Valid metadata, by description. */
export const validMetadata: readonly (readonly [description: string, metadata: unknown])[] = [
  ['a name with dots', { name: 'a.b-c.1' }],
  ['a name of 253 characters', { name: `${`${LONG}.`.repeat(3)}${'x'.repeat(61)}` }],
  ['a prefix of a name', { generateName: 'no-visio-' }],
  ['a namespace', { name: 'a', namespace: LONG }],
  ['empty labels and annotations', { name: 'a', labels: null, annotations: {}, finalizers: null }],
  ['label values', { name: 'a', labels: { a: '', 'example.com/a_B.c': 'Jane_Doe-1.0', [LONG]: LONG, nothing: null } }],
  ['text in annotations', { name: 'a', annotations: { 'Example.COM/Note_1': 'Jane Doe (IT) — ü\n' } }],
  [
    'fields that the API server sets',
    {
      name: 'a',
      uid: 'x',
      resourceVersion: '5',
      generation: 2,
      creationTimestamp: '2026-11-29T08:00:00Z',
      managedFields: [{}],
    },
  ],
  ['a creation time that is null', { name: 'a', creationTimestamp: null }],
  [
    'an owner that is the controller',
    { name: 'a', ownerReferences: [owner({ controller: true, blockOwnerDeletion: null })] },
  ],
  ['finalizers and owners', { finalizers: ['example.com/x'], ownerReferences: [owner({})] }],
];

/** Invalid metadata, by description, with the field and a part of the message. */
export const invalidMetadata: readonly (readonly [
  description: string,
  metadata: unknown,
  field: string,
  message: string,
])[] = [
  ['a name with an underscore', { name: 'Bad_Name' }, 'name', 'must be lowercase letters, digits, "-", and "."'],
  ['a name of 254 characters', { name: 'x'.repeat(254) }, 'name', 'at most 253 characters'],
  ['a name that ends with a hyphen', { name: 'a-' }, 'name', 'start and end with a letter or digit'],
  ['a name with an empty part', { name: 'a..b' }, 'name', 'must be lowercase letters'],
  ['a number as name', { name: 5 }, 'name', 'must be a string; put the value in quotes'],
  ['a bad prefix of a name', { generateName: 'A_' }, 'generateName', 'must be lowercase letters'],
  [
    'a namespace with an underscore',
    { namespace: 'Desk_tops' },
    'namespace',
    'must be lowercase letters, digits, and "-"',
  ],
  ['a namespace with a dot', { namespace: 'a.b' }, 'namespace', 'must be lowercase letters, digits, and "-"'],
  ['a namespace of 64 characters', { namespace: `${LONG}x` }, 'namespace', 'at most 63 characters'],
  ['a label with blanks', { labels: { owner: 'Jane Doe (IT)' } }, 'labels.owner', 'use an annotation for other text'],
  ['a label of 64 characters', { labels: { a: `${LONG}x` } }, 'labels.a', 'at most 63 characters'],
  ['a number as label', { labels: { version: 1 } }, 'labels.version', 'must be a string; put the value in quotes'],
  ['a boolean as label', { labels: { pilot: true } }, 'labels.pilot', 'put the value in quotes'],
  ['a list as label', { labels: { pilot: [] } }, 'labels.pilot', 'must be a string'],
  ['labels as a list', { labels: ['a'] }, 'labels', 'must be a map of strings'],
  ['an empty key', { labels: { '': 'x' } }, 'labels.', 'the key must be a name'],
  ['a key with a blank', { annotations: { 'a b': 'x' } }, 'annotations.a b', 'the key must be a name'],
  ['a key with two prefixes', { labels: { 'a/b/c': 'x' } }, 'labels.a/b/c', 'the key must be a name'],
  ['a prefix in capitals', { labels: { 'Example.com/a': 'x' } }, 'labels.Example.com/a', 'the key must be a name'],
  ['a key of 64 characters', { annotations: { [`${LONG}x`]: 'x' } }, `annotations.${LONG}x`, 'the key must be a name'],
  [
    'the ID of a plan as a number',
    { annotations: { 'wsap.dev/approved-plan': 8060170185061401 } },
    'annotations.wsap.dev/approved-plan',
    'must be a string; put the value in quotes',
  ],
  ['257 KiB of annotations', { annotations: { a: 'ü'.repeat(128 * 1024) } }, 'annotations', '256 KiB in total'],
  ['a misspelled field', { label: { a: 'b' } }, 'label', 'unknown field'],
  ['a time without a zone', { creationTimestamp: '2026-11-29' }, 'creationTimestamp', 'must be a time'],
  ['a generation as text', { generation: '1' }, 'generation', 'must be an integer'],
  ['a finalizer as text', { finalizers: 'x' }, 'finalizers', 'must be a list'],
  ['a finalizer with a blank', { finalizers: ['a b/c'] }, 'finalizers[0]', 'must be a name'],
  [
    'two finalizers that exclude each other',
    { finalizers: ['orphan', 'foregroundDeletion'] },
    'finalizers',
    'must not contain both',
  ],
  [
    'two owners that are controllers',
    { ownerReferences: [owner({ controller: true }), owner({ uid: 'z', controller: true })] },
    'ownerReferences',
    'more than one owner with controller: true',
  ],
  [
    'an owner with an unknown field',
    { ownerReferences: [owner({ namespace: 'x' })] },
    'ownerReferences[0].namespace',
    'unknown field',
  ],
  [
    'a text as boolean of an owner',
    { ownerReferences: [owner({ controller: 'yes' })] },
    'ownerReferences[0].controller',
    'must be true or false',
  ],
  [
    'an owner with an invalid version',
    { ownerReferences: [owner({ apiVersion: 'a/b/c' })] },
    'ownerReferences[0].apiVersion',
    'must be a version',
  ],
  [
    'an Event as owner',
    { ownerReferences: [owner({ kind: 'Event' })] },
    'ownerReferences[0].kind',
    'must not be Event',
  ],
  ['an owner without a UID', { ownerReferences: [owner({ uid: '' })] }, 'ownerReferences[0].uid', 'required'],
];

function owner(fields: object) {
  return { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'y', ...fields };
}
