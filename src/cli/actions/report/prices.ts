import { matchesGlob } from '../../../policy/glob.ts';
import { checkAgainst } from '../../../policy/jsonSchema.ts';
import { CliError } from '../../output/cliError.ts';
import { readSources } from '../manifests.ts';

/** What applications cost, as somebody who pays for them says. AWS's own prices can't be asked for. */
export interface Prices {
  readonly currency: string;
  /** For one WorkSpace and a month; undefined where the prices don't say. */
  priceOf(applicationID: string, name: string | undefined): number | undefined;
}

interface PricesFile {
  /** ISO 4217, as EUR. */
  readonly currency: string;
  /** The first that fits is taken. */
  readonly prices: readonly {
    readonly application: { readonly id?: string; readonly name?: string };
    readonly perMonth: number;
  }[];
}

const text = { type: 'string', minLength: 1 };

/** JSON schema of the file, also for editors. */
export const PRICES_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'wsap prices',
  type: 'object',
  additionalProperties: false,
  required: ['currency', 'prices'],
  properties: {
    currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217, as EUR.' },
    prices: {
      type: 'array',
      minItems: 1,
      description: 'The first entry that fits an application is its price.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['application', 'perMonth'],
        properties: {
          application: {
            type: 'object',
            additionalProperties: false,
            minProperties: 1,
            properties: { id: text, name: { ...text, description: 'With * and ?.' } },
          },
          perMonth: { type: 'number', minimum: 0, description: 'For one WorkSpace and a month.' },
        },
      },
    },
  },
} as const;

const check = checkAgainst(PRICES_SCHEMA);

/** @throws CliError with the place in the file */
export async function readPrices(path: string): Promise<Prices> {
  const { resources, broken } = await readSources([path], false);
  const [resource] = resources;
  const [syntax] = broken;
  if (syntax !== undefined || resource === undefined) {
    throw new CliError(`${path}: ${syntax?.message ?? 'is empty; it takes a currency and prices'}`);
  }
  const [problem] = check(resource.value);
  if (problem !== undefined) {
    const { line, column } = resource.positionOf(problem.field);
    const field = problem.field === '' ? '' : `${problem.field}: `;
    throw new CliError(`${path}:${line}:${column}: ${field}${problem.message}`);
  }
  return pricesOf(resource.value as PricesFile);
}

/** The prices of a file. */
export function pricesOf({ currency, prices }: PricesFile): Prices {
  return {
    currency,
    priceOf: (applicationID, name = '') =>
      prices.find(
        ({ application }) =>
          (application.id === undefined || application.id === applicationID) &&
          (application.name === undefined || matchesGlob(application.name, name)),
      )?.perMonth,
  };
}
