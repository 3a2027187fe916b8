import type { NewAttribute } from '../../domain/catalog/attribute-catalog.ts';
import type { ColumnDefinition } from '../plan-columns.ts';

/**
 * Defined first, in this order: a tenant's first two hot TEXT attributes and its first hot NUMBER attribute are stored in the
 * three columns covered by one composite index.
 */
export const HOT_SAMPLE_ATTRIBUTES: readonly NewAttribute[] = [
  {
    key: 'status',
    type: 'TEXT',
    hot: true,
    exposed: true,
    description: 'Status of a user, or of an earthquake report',
  },
  {
    key: 'country',
    type: 'TEXT',
    hot: true,
    exposed: true,
    description: 'Country of a user (ISO code) or of an airport (name)',
  },
  { key: 'score', type: 'NUMBER', hot: true, exposed: true, description: 'Score from 0 to 100' },
  { key: 'last_seen', type: 'TIMESTAMP', hot: true, exposed: true, description: 'When the user was last active' },
];

/** Datasets with the same key share the attribute, so its values must have the same type in all of them. */
const EXPOSED: Readonly<Record<string, string>> = {
  name: 'Name of a user, an airport or a car',
  email: 'Email address of a user',
  title: 'Title of a movie or of an earthquake report',
  imdb_rating: 'IMDb rating of a movie, from 0 to 10',
  release_date: 'Release date of a movie in the US',
  major_genre: 'Genre of a movie',
  director: 'Director of a movie',
  worldwide_gross: 'Worldwide gross of a movie, in US dollars',
  iata: 'IATA code of an airport',
  city: 'City of an airport',
  state: 'State of an airport',
  horsepower: 'Horsepower of a car',
  miles_per_gallon: 'Fuel economy of a car, in miles per gallon',
  mag: 'Magnitude of an earthquake',
  place: 'Place of an earthquake, in words',
  time: 'When the earthquake occurred',
  species: 'Species of a penguin',
  body_mass_g: 'Body mass of a penguin, in grams',
  wildlife_species: 'Species of the animal struck by an aircraft',
  flight_date: 'Date of the flight with the bird strike',
};

/** Large or not useful in a filter, so not filterable. */
const NOT_FILTERABLE: ReadonlySet<string> = new Set([
  'geometry',
  'url',
  'detail',
  'ids',
  'sources',
  'types',
  'preferences',
]);

/** How to define the attribute of a sample column, in addition to the type inferred from its values. */
export function sampleAttribute(key: string): ColumnDefinition {
  const description = EXPOSED[key];
  return {
    filterable: !NOT_FILTERABLE.has(key),
    ...(description === undefined ? {} : { exposed: true, description }),
  };
}
