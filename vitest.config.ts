import { defineConfig } from 'vitest/config';

const ENGINES = ['pg', 'clickhouse', 'stack'];

/** Tests that start an engine are named after it: `*.pg.test.ts`, `*.clickhouse.test.ts`, `*.stack.test.ts`. */
function engineProject(name: string, timeoutMs: number) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/**/*.${name}.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: 60_000,
      teardownTimeout: 30_000,
    },
  };
}

export default defineConfig({
  // What Node itself loads: Vite's choice would be a second instance of graphql beside that of the libraries.
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      { find: /^@atlas\/client\/(\w+)$/, replacement: `${import.meta.dirname}/packages/client/src/$1.ts` },
    ],
  },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // Files of a project share a process, and load modules once. The embedded ClickHouse holds one data path per process: a file closes it.
    isolate: false,
    globalSetup: ['test/support/global-setup.ts'],
    env: { ATLAS_LOG_LEVEL: 'silent', UV_THREADPOOL_SIZE: '24' },
    projects: [
      {
        extends: true,
        test: {
          name: 'static',
          include: ['test/**/*.test.ts'],
          exclude: ENGINES.map((engine) => `test/**/*.${engine}.test.ts`),
        },
      },
      engineProject('pg', 20_000),
      engineProject('clickhouse', 60_000),
      engineProject('stack', 60_000),
    ],
  },
});
