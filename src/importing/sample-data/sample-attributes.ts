import type { NewAttribute } from '../../domain/catalog/attribute-catalog.ts';
import type { ColumnDefinition } from '../plan-columns.ts';

/**
 * Defined before anything else, in this order: the first hot text, text and number attribute of a tenant get the three
 * columns that one index covers together.
 */
export const HOT_SAMPLE_ATTRIBUTES: readonly NewAttribute[] = [
  {
    key: 'status',
    type: 'TEXT',
    hot: true,
    exposed: true,
    description: 'State of a user, or of a report of an earthquake',
  },
  {
    key: 'country',
    type: 'TEXT',
    hot: true,
    exposed: true,
    description: 'ISO code of a user’s country, or name of an airport’s',
  },
  { key: 'score', type: 'NUMBER', hot: true, exposed: true, description: 'From 0 to 100' },
  { key: 'last_seen', type: 'TIMESTAMP', hot: true, exposed: true, description: 'When the user was active last' },
];

/** Keys that several datasets have mean one attribute, so all of them have to give it one type. */
const EXPOSED: Readonly<Record<string, string>> = {
  name: 'Of a user, an airport or a car',
  email: 'A user’s address',
  title: 'Of a movie, or of an earthquake’s report',
  imdb_rating: 'From 0 to 10',
  release_date: 'First showing of a movie in the USA',
  major_genre: 'Of a movie',
  director: 'Of a movie',
  worldwide_gross: 'Income of a movie, in US dollars',
  iata: 'Code of an airport',
  city: 'Of an airport',
  state: 'Of an airport',
  horsepower: 'Of a car',
  miles_per_gallon: 'Of a car',
  mag: 'Magnitude of an earthquake',
  place: 'Of an earthquake, in words',
  time: 'When the earth quaked',
  species: 'Of a penguin',
  body_mass_g: 'Of a penguin, in grams',
  wildlife_species: 'What an aircraft struck',
  flight_date: 'Of a bird strike',
};

/** Large, or of no use in a filter: kept in the entity only. */
const NOT_FILTERABLE: ReadonlySet<string> = new Set([
  'geometry',
  'url',
  'detail',
  'ids',
  'sources',
  'types',
  'preferences',
]);

/** How the attribute of a sample column is defined, besides the type that its values show. */
export function sampleAttribute(key: string): ColumnDefinition {
  const description = EXPOSED[key];
  return {
    filterable: !NOT_FILTERABLE.has(key),
    ...(description === undefined ? {} : { exposed: true, description }),
  };
}
