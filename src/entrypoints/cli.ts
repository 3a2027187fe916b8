import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config.ts';
import { runConfig } from './config-command.ts';
import { type DevOptions, runDev } from './dev-command.ts';
import { EXIT_BAD_USAGE, EXIT_FAILED } from './exit-codes.ts';
import { type ImportOptions, runImport } from './import-command.ts';
import { runMigrate } from './migrate-command.ts';
import { explainFailure } from './operator-message.ts';
import { type ReplicateOptions, runReplicate } from './replicate-command.ts';
import { runSchemaPrint } from './schema-command.ts';
import { runServe } from './serve-command.ts';

const positiveInteger = (text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new CommanderError(EXIT_BAD_USAGE, 'atlas.number', `${JSON.stringify(text)} is not a whole number above 0.`);
};

const program = new Command('atlas')
  .description(
    'A GraphQL federation subgraph for entities with dynamic attributes, which tells how fresh every read is.',
  )
  .showHelpAfterError('(atlas --help lists the commands)')
  .exitOverride();

program
  .command('dev')
  .description('Start everything embedded: two shards with replicas, ClickHouse, replication and the server.')
  .option('--no-sample', 'do not load the sample data')
  .action((options: DevOptions) => runDev(options));
program
  .command('serve')
  .description('Serve GraphQL from the servers that ATLAS_SHARDS and ATLAS_CLICKHOUSE_URL name.')
  .action(() => runServe());
program
  .command('replicate')
  .description('Carry changes from the shards into ClickHouse.')
  .option('--resnapshot', 'copy all entities again first: repairs a replication slot that was lost')
  .action((options: ReplicateOptions) => runReplicate(options));
program
  .command('migrate')
  .description('Bring the schema of every shard and of ClickHouse up to date.')
  .action(() => runMigrate());
program
  .command('import')
  .description('Load CSV, TSV, JSON, NDJSON or Parquet files as entities. Running it twice changes nothing.')
  .argument('<file...>', 'files to load')
  .option('--type <type>', "entity type (default: the file's name)")
  .option('--tenant <id>', 'tenant that the entities belong to', positiveInteger, 1)
  .option('--id-column <column>', 'column that holds whole-number entity ids')
  .option('--id-base <n>', 'give row i the entity id <n> + i')
  .option('--key <column...>', 'derive ids from these columns, which together differ in every row')
  .option('--limit <n>', 'load at most the first n rows of each file', positiveInteger)
  .action((files: string[], options: ImportOptions) => runImport(files, options));
program
  .command('schema')
  .description('Work with the GraphQL schema.')
  .command('print')
  .description('Print the SDL that a schema registry wants.')
  .action(() => runSchemaPrint());
program
  .command('config')
  .description('Print every setting with the value in force.')
  .action(() => runConfig());

// A reader that has had enough (`atlas config | head`) is no failure, and no reason to stop what runs.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its own message, except for the errors of our option parsers.
    if (error.code === 'atlas.number') process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_BAD_USAGE;
  } else {
    process.stderr.write(`${explainFailure(error)}\n`);
    process.exitCode = error instanceof ConfigError ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}
