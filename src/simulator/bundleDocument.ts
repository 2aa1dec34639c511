import Type from 'typebox';
import { APPLICATION_ID_SCHEMA, BUNDLE_ID_SCHEMA, closedObject, IMAGE_ID_SCHEMA, modelEnum } from './schemas.ts';

/** Schema of a bundle in a seed. */
export const BUNDLE = closedObject({
  bundleID: BUNDLE_ID_SCHEMA,
  name: Type.Optional(Type.String({ minLength: 1, description: 'Name. Defaults to the ID.' })),
  owner: Type.Optional(
    Type.String({
      pattern: '^([0-9]{12}|AMAZON)$',
      description: 'AMAZON or an account ID with 12 digits in quotes. Defaults to the account of the seed.',
    }),
  ),
  imageID: Type.Optional(IMAGE_ID_SCHEMA),
  computeTypeName: Type.Optional(
    modelEnum('Compute', 'Compute type of the bundle and its WorkSpaces. Defaults to STANDARD.'),
  ),
  applications: Type.Optional(
    Type.Array(APPLICATION_ID_SCHEMA, {
      description: 'Applications of new and rebuilt WorkSpaces. Defaults to the applications of the image.',
    }),
  ),
});

/** Schema of an image in a seed. */
export const IMAGE = closedObject({
  imageID: IMAGE_ID_SCHEMA,
  applications: Type.Optional(Type.Array(APPLICATION_ID_SCHEMA, { description: 'Applications. Defaults to none.' })),
});
