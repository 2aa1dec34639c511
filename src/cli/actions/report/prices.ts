import Type from 'typebox';
import { compileGlob, matchesGlob } from '../../../policy/glob.ts';
import { checkAgainst } from '../../../policy/jsonSchema.ts';
import type { DocumentOf } from '../../../policy/schemaType.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../exit.ts';
import { readSources } from '../manifests.ts';

/** Monthly prices of applications, provided by the user. AWS has no API for these prices. */
export interface Prices {
  readonly currency: string;
  /** Returns the price of an application on one WorkSpace for a month. Undefined without a matching entry. */
  priceOf(applicationID: string, name: string | undefined): number | undefined;
}

const closed = { additionalProperties: false } as const;

/** JSON schema of a prices file, for validation and for editors. */
export const PRICES_SCHEMA = Type.Object(
  {
    currency: Type.String({
      pattern: '^[A-Z]{3}$',
      description: 'Currency as an ISO 4217 code, for example, EUR.',
    }),
    prices: Type.Array(
      Type.Object(
        {
          application: Type.Object(
            {
              id: Type.Optional(Type.String({ minLength: 1, description: 'ID of the application.' })),
              name: Type.Optional(
                Type.String({
                  minLength: 1,
                  description: 'Name of the application. May contain the wildcards * and ?.',
                }),
              ),
            },
            { minProperties: 1, ...closed },
          ),
          perMonth: Type.Number({ minimum: 0, description: 'Price on one WorkSpace for a month.' }),
        },
        closed,
      ),
      { minItems: 1, description: 'Prices of applications. The first matching entry applies.' },
    ),
  },
  { $schema: 'http://json-schema.org/draft-07/schema#', title: 'wsap prices', ...closed },
);

type PricesFile = DocumentOf<typeof PRICES_SCHEMA>;

const check = checkAgainst(PRICES_SCHEMA);

/**
 * Reads a prices file.
 *
 * @throws CliError with the position of the first problem
 */
export async function readPrices(path: string): Promise<Prices> {
  const { resources, broken } = await readSources([path], false);
  const [resource] = resources;
  const [syntax] = broken;
  if (syntax !== undefined || resource === undefined) {
    throw new CliError(`${sanitize(path)}: ${syntax?.message ?? 'the file is empty; add a currency and prices'}`);
  }
  const [problem] = check(resource.value);
  if (problem !== undefined) {
    const { line, column } = resource.positionOf(problem.field);
    const field = problem.field === '' ? '' : `${problem.field}: `;
    throw new CliError(`${sanitize(path)}:${line}:${column}: ${field}${problem.message}`);
  }
  return pricesOf(resource.value as PricesFile);
}

/** Returns the prices in a file. */
export function pricesOf({ currency, prices }: PricesFile): Prices {
  return {
    currency,
    priceOf: (applicationID, name = '') =>
      prices.find(
        ({ application }) =>
          (application.id === undefined || application.id === applicationID) &&
          (application.name === undefined || matchesGlob(compileGlob(application.name), name)),
      )?.perMonth,
  };
}
