/** What the scalars of Atlas are in JSON: `config.scalars` of GraphQL Code Generator. */
export const scalars = {
  /** A number up to 2^53 - 1 in magnitude, beyond that a string of digits. */
  BigInt: 'number | string',
  ConsistencyToken: 'string',
  /** RFC 3339 in UTC, with milliseconds. Variables may have any offset. */
  DateTime: 'string',
  JSON: 'unknown',
} as const;

/** The configuration of the preset `client` for `@atlas/client/fetch`; for Apollo Client and urql, leave `documentMode` out. */
export const clientPreset = {
  preset: 'client',
  presetConfig: { fragmentMasking: false },
  config: { scalars, defaultScalarType: 'unknown', enumsAsTypes: true, useTypeImports: true, documentMode: 'string' },
} as const;
