import { Command, CommanderError, Option } from 'commander';
import { ConfigError } from '../config/config.ts';
import { parseTenantId, type TenantId } from '../domain/identifiers.ts';
import { VERSION } from '../lib/version.ts';
import type { CatalogMoveOptions } from './commands/catalog-command.ts';
import type { DevOptions } from './commands/dev-command.ts';
import type { DoctorOptions } from './commands/doctor-command.ts';
import type { ExportOptions } from './commands/export-command.ts';
import type { ImportOptions } from './commands/import-command.ts';
import type { KafkaConfigOptions } from './commands/kafka-config-command.ts';
import type { ReplicateOptions } from './commands/replicate-command.ts';
import type { ResyncOptions } from './commands/resync-command.ts';
import type { SchemaPrintOptions } from './commands/schema-command.ts';
import type { TenantEraseOptions } from './commands/tenant-erase-command.ts';
import type { TenantExportOptions } from './commands/tenant-export-command.ts';
import type { VerifyOptions } from './commands/verify-command.ts';
import { EXIT_BAD_USAGE, EXIT_FAILED } from './exit-codes.ts';
import { explainFailure } from './operator-message.ts';
import { UsageError } from './usage-error.ts';

const rowLimit = (text: string): number => {
  const value = /^[1-9][0-9]*$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new UsageError(`${JSON.stringify(text)} is not a limit; expected a positive integer.`);
};

const days = (text: string): number => {
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw new UsageError(`${JSON.stringify(text)} is not a number of days; expected an integer from 1 to 99999.`);
};

const tenantId = (text: string): number => {
  try {
    return parseTenantId(text);
  } catch {
    throw new UsageError(`${JSON.stringify(text)} is not a tenant id; expected a positive integer below 2^31.`);
  }
};

let lasts = false;
/** A command that runs until it is stopped. A connection to a server that hangs never closes, and must not keep the process then. */
const lasting = (running: Promise<void>): Promise<void> => {
  lasts = true;
  return running;
};

// Each command loads its own module, so that a wrong argument or a small command does not wait for the code of the server.
const program = new Command('atlas')
  .description(
    'A GraphQL federation subgraph for entities with dynamic attributes that reports how fresh every read is.',
  )
  .version(VERSION, '--version', 'print the version')
  .showHelpAfterError('(run atlas --help for the list of commands)')
  .exitOverride();

program
  .command('dev')
  .description('Run everything embedded: two shards with replicas, ClickHouse, change capture and the server.')
  .option('--no-sample', 'do not load the sample data')
  .option('--reset', 'remove all data first')
  .option('--yes', 'with --reset: do not ask before')
  .action(async (options: DevOptions) => lasting((await import('./commands/dev-command.ts')).runDev(options)));
program
  .command('serve')
  .description('Serve GraphQL from the servers in ATLAS_SHARDS and ATLAS_CLICKHOUSE_URL.')
  .action(async () => lasting((await import('./commands/serve-command.ts')).runServe()));
program
  .command('replicate')
  .description('Stream changes from the shards into ClickHouse.')
  .option('--resnapshot', 'copy the shards whose stream is broken again, for example after a lost replication slot')
  .action(async (options: ReplicateOptions) =>
    lasting((await import('./commands/replicate-command.ts')).runReplicate(options)),
  );
program
  .command('resync')
  .description('Copy shards into ClickHouse anew, beside the copies that are read until then.')
  .option('--shard <id...>', 'shards to copy (default: all)')
  .addOption(new Option('--tenant <id>').argParser(tenantId).hideHelp())
  .action(async (options: ResyncOptions) => (await import('./commands/resync-command.ts')).runResync(options));
program
  .command('migrate')
  .description('Migrate the schema of every shard and of ClickHouse to this version.')
  .action(async () => (await import('./commands/migrate-command.ts')).runMigrate());
program
  .command('import')
  .description('Load CSV, TSV, JSON, NDJSON or Parquet files as entities. Importing a file again changes nothing.')
  .argument('<file...>', 'files to load, also compressed ones (gzip, Zstandard); - is the standard input')
  .option('--type <type>', "entity type (default: the file's name)")
  .option('--tenant <id>', 'tenant the entities belong to', tenantId, 1)
  .option('--id-column <column>', 'column that contains the entity ids, integers from 1')
  .option('--id-base <n>', 'use <n> + the row number as entity id')
  .option('--key <column...>', 'derive entity ids from these columns, whose combination must be unique')
  .option('--limit <n>', 'load only the first n rows of each file', rowLimit)
  .option('--format <format>', "format of the files, for example ndjson (default: as each file's extension says)")
  .option('--dry-run', 'show what columns would become, and write nothing')
  .option('--restart', 'write everything, even what an interrupted import of the same content has written')
  .action(async (files: string[], options: ImportOptions) =>
    (await import('./commands/import-command.ts')).runImport(files, options),
  );
program
  .command('export')
  .description(
    'Write the entities of a tenant, as files that import reads. Reads replicas. Says what it read on the standard error.',
  )
  .option('--tenant <id>', 'tenant the entities belong to', tenantId, 1)
  .option('--type <type>', 'only entities of this type')
  .option('--filter <json>', 'only entities that this EntityFilter selects, as JSON')
  .option('--format <format>', "ndjson, csv or parquet (default: as the file's ending says, otherwise ndjson)")
  .option('--output <file>', 'write to this file, compressed if it ends with .gz (default: the standard output)')
  .option('--after <token>', 'export what includes everything that this consistency token does')
  .action(async (options: ExportOptions) => (await import('./commands/export-command.ts')).runExport(options));
program
  .command('verify')
  .description('Compare ClickHouse with Postgres, row by row where they differ. Exits with 1 unless they are equal.')
  .option('--shard <id...>', 'shards to compare (default: all)')
  .option('--tenant <id>', 'compare the entities of this tenant only', tenantId)
  .option('--repair', 'write what differs to ClickHouse as Postgres has it')
  .option('--primary', 'read the primaries even if there are replicas')
  .option('--values', 'show the different values, not only their digests')
  .option('--json', 'print one JSON document')
  .action(async (options: VerifyOptions) => (await import('./commands/verify-command.ts')).runVerify(options));
const tenant = program.command('tenant').description('Work with the data of one tenant.');
tenant
  .command('erase')
  .description(
    'Erase everything of a tenant, beyond recovery. Run again, it continues. Exits with 1 unless it is complete.',
  )
  .argument('<id>', 'the tenant', tenantId)
  .option('--yes', 'really erase')
  .option('--no-wait', 'do not wait for ClickHouse')
  .action(async (id: TenantId, options: TenantEraseOptions) =>
    (await import('./commands/tenant-erase-command.ts')).runTenantErase(id, options),
  );
tenant
  .command('usage')
  .description('Print what a tenant has on each shard, as JSON. Reads all of it.')
  .argument('<id>', 'the tenant', tenantId)
  .action(async (id: TenantId) => (await import('./commands/tenant-usage-command.ts')).runTenantUsage(id));
tenant
  .command('export')
  .description(
    'Write everything of a tenant to files of NDJSON: its definitions, descriptions of types, entities, audit and history.',
  )
  .argument('<id>', 'the tenant', tenantId)
  .requiredOption('--out <directory>', 'where to; it must not exist')
  .action(async (id: TenantId, options: TenantExportOptions) =>
    (await import('./commands/tenant-export-command.ts')).runTenantExport(id, options),
  );
const catalog = program.command('catalog').description("Work with a tenant's catalog.");
for (const [move, what] of [
  ['promote', 'Store an attribute in a column of its own, which makes it hot'],
  ['demote', 'Store a hot attribute among the others again'],
] as const) {
  catalog
    .command(move)
    .description(`${what}, while the system runs. Shows the progress; run again, it continues.`)
    .argument('<key>', 'the attribute')
    .option('--tenant <id>', 'the tenant', tenantId, 1)
    .option('--no-wait', 'do not wait until it is complete')
    .action(async (key: string, options: CatalogMoveOptions) =>
      (await import('./commands/catalog-command.ts')).runCatalogMove(move, key, options),
    );
}
program
  .command('schema')
  .description('Work with the GraphQL schema.')
  .command('print')
  .description('Print the SDL for a schema registry, with the typed fields that all tenants share.')
  .option('--tenant <id>', 'the typed fields of this tenant as well, for a supergraph of its own', tenantId)
  .option('--no-authorization', 'leave out @authenticated, @requiresScopes and @policy, for gateways that refuse them')
  .action(async (options: SchemaPrintOptions) =>
    (await import('./commands/schema-command.ts')).runSchemaPrint(options),
  );
program
  .command('doctor')
  .description('Examine configuration and servers, and say what to do. Exits with 1 if something does not work.')
  .option('--all', 'print what is as it should be as well')
  .option('--json', 'print one JSON document, with everything')
  .action(async (options: DoctorOptions) => (await import('./commands/doctor-command.ts')).runDoctor(options));
program
  .command('kafka')
  .description('Work with change capture through Debezium and Kafka.')
  .command('config')
  .description(
    'Print the topics and the configuration of the connectors as JSON, from the settings; secrets are references.',
  )
  .option(
    '--table <table=partitions/days...>',
    'a topic of this table as well, keyed by tenant, for readers other than Atlas',
  )
  .option(
    '--events <days>',
    'statements as well by which ClickHouse reads the topics itself and keeps each message for so long',
    days,
  )
  .action(async (options: KafkaConfigOptions) =>
    (await import('./commands/kafka-config-command.ts')).runKafkaConfig(options),
  );
program
  .command('config')
  .description('Print every setting with its current value.')
  .action(async () => (await import('./commands/config-command.ts')).runConfig());

/** After a wrong argument of a command, its own help is the one to read. */
function pointToHelp(command: Command, path: string): void {
  for (const one of command.commands) {
    const own = `${path} ${one.name()}`;
    one.showHelpAfterError(`(run ${own} --help for its ${one.commands.length > 0 ? 'commands' : 'options'})`);
    pointToHelp(one, own);
  }
}
pointToHelp(program, 'atlas');

// A reader that closes the pipe early (`atlas config | head`) is not an error and must not stop a running service.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander prints its own messages, but not ours.
    if (error instanceof UsageError) process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_BAD_USAGE;
  } else {
    process.stderr.write(`${explainFailure(error)}\n`);
    process.exitCode = error instanceof ConfigError ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}
if (lasts) process.exit();
