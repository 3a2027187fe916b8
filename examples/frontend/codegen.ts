import type { CodegenConfig } from '@graphql-codegen/cli';
// In a project of its own: from '@atlas/client/codegen'.
import { clientPreset } from '../../packages/client/src/codegen.ts';

const url = process.env.ATLAS_URL ?? 'http://127.0.0.1:4000/graphql';
const token = process.env.ATLAS_TOKEN;

const config: CodegenConfig = {
  importExtension: '.ts',
  schema: [{ [url]: { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } } }],
  documents: ['examples/frontend/src/**/*.ts', '!examples/frontend/src/generated/**'],
  generates: { 'examples/frontend/src/generated/': clientPreset },
};

export default config;
