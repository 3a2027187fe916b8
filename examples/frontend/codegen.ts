import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'http://127.0.0.1:4000/graphql',
  documents: ['examples/frontend/src/**/*.ts', '!examples/frontend/src/generated/**'],
  generates: {
    'examples/frontend/src/generated/': {
      preset: 'client',
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        documentMode: 'string',
        scalars: { BigInt: 'number | string', ConsistencyToken: 'string', DateTime: 'string', JSON: 'unknown' },
        defaultScalarType: 'unknown',
      },
      presetConfig: { fragmentMasking: false },
    },
  },
};

export default config;
