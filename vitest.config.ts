import { defineConfig } from 'vitest/config';

const ENGINES = ['pg', 'clickhouse', 'stack'];

/** Tests that start an engine are named after it: `*.pg.test.ts`, `*.clickhouse.test.ts`, `*.stack.test.ts`. */
function engineProject(name: string, timeoutMs: number, isolate: boolean) {
  return {
    extends: true as const,
    test: {
      name,
      isolate,
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
    globalSetup: ['test/support/global-setup.ts'],
    env: { ATLAS_LOG_LEVEL: 'silent', UV_THREADPOOL_SIZE: '16' },
    projects: [
      {
        extends: true,
        test: {
          name: 'static',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: ENGINES.map((engine) => `test/**/*.${engine}.test.ts`),
        },
      },
      engineProject('pg', 20_000, false),
      // Every file in a process of its own: the embedded ClickHouse holds one data path per process.
      engineProject('clickhouse', 60_000, true),
      engineProject('stack', 60_000, true),
    ],
  },
});
