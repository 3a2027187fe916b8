import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../../src/config/settings.ts';
import { ROOT, readProjectFile } from '../support/compose-file.ts';
import { policyFaults } from './support/policy-faults.ts';
import { asBlocks, asBody, readTerraform, readTexts } from './support/read-terraform.ts';
import { referenceFaults, unreadOutputs } from './support/reference-faults.ts';
import { schemaFaults } from './support/schema-faults.ts';

const TERRAFORM = resolve(ROOT, 'deploy/terraform');
const texts = readTexts();
const command = ['tofu', 'terraform'].find((name) => spawnSync(name, ['version']).status === 0);
const applied = ['dev', 'staging', 'prod'].map((name) => resolve(TERRAFORM, 'environments', name));
const initialized = applied.filter((folder) => existsSync(resolve(folder, '.terraform/providers')));

if (command === undefined)
  process.stdout.write('The format of deploy/terraform is not checked: there is neither tofu nor terraform.\n');
else if (initialized.length === 0)
  process.stdout.write(`${command} validate is skipped: it needs the provider (${command} init -backend=false).\n`);

/** Everything that is wrong in these files. */
async function faultsOf(files: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const folders = await readTerraform(files);
  return [
    ...[...folders.values()].flatMap((folder) => [
      ...schemaFaults(folder),
      ...referenceFaults(folder, folders),
      ...policyFaults(folder),
    ]),
    ...unreadOutputs(folders).map((output) => `${output} is not read`),
  ];
}

/** The faults after a change of one file, which must have an effect. */
function faultsAfter(path: string, from: string | RegExp, to: string): Promise<readonly string[]> {
  const text = texts.get(path) ?? '';
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return faultsOf(new Map([...texts, [path, changed]]));
}

describe('deploy/terraform', () => {
  it('has arguments that the provider knows, references that exist, and no way in', { timeout: 30_000 }, async () => {
    expect(texts.size).toBeGreaterThan(30);
    expect(await faultsOf(texts)).toEqual([]);
  });

  it('describes and types every variable, and describes every output', async () => {
    const folders = await readTerraform(texts);
    const bare = [...folders.values()].flatMap(({ path, variables, outputs }) => [
      ...[...variables].filter(([, { type, description }]) => !type || !description).map(([name]) => `${path} ${name}`),
      ...[...outputs].filter(([, { description }]) => !description).map(([name]) => `${path} ${name}`),
    ]);
    expect(bare).toEqual([]);
  });

  it('alarms as the mission says: replicas 5 s for 2 minutes, ClickHouse 15 minutes for 5, Kafka 50,000 messages for 3', async () => {
    const objects = (await readTerraform(texts)).get('modules/observability')?.objects;
    const alarm = (name: string) => objects?.get(`resource aws_cloudwatch_metric_alarm ${name}`);
    const minute = { period: 60, comparison_operator: 'GreaterThanThreshold', treat_missing_data: 'breaching' };
    expect(alarm('replica_lag')).toMatchObject({ ...minute, threshold: 5, evaluation_periods: 2 });
    expect(alarm('aurora_reader_lag')).toMatchObject({ period: 60, threshold: 5000, evaluation_periods: 2 });
    expect(alarm('clickhouse_lag')).toMatchObject({ ...minute, threshold: 900, evaluation_periods: 5 });
    expect(alarm('kafka_lag')).toMatchObject({ ...minute, threshold: 50000, evaluation_periods: 3 });
  });

  it('asks the balancer’s question for readiness, and restarts only what is not alive', async () => {
    const service = (await readTerraform(texts)).get('modules/service');
    const [check] = asBlocks(service?.objects.get('resource aws_lb_target_group serve')?.health_check);
    expect(check).toMatchObject({ path: '/health/ready', port: expect.stringContaining('local.admin_port') });
    expect(service?.locals.get('liveness')).toContain('/health/live');
    const { interval, failures } = asBody(service?.locals.get('check'));
    expect(Number(interval) * Number(failures)).toBeLessThan(Number(service?.variables.get('drain_seconds')?.default));
  });

  it('runs a writer and its readers, which change capture and other shards can read', async () => {
    const postgres = (await readTerraform(texts)).get('modules/postgres');
    expect(postgres?.objects.get('resource aws_rds_cluster_instance this')?.count).toContain('1 + var.readers');
    const parameters = String(postgres?.locals.get('parameters'));
    for (const name of [
      '"rds.logical_replication" = 1',
      '"max_slot_wal_keep_size"',
      '"max_wal_senders"',
      '"max_replication_slots"',
    ])
      expect(parameters.replace(/ +/g, ' ')).toContain(name);
  });

  it.each(['dev', 'staging', 'prod'])(
    'sets in the example of %s every variable that needs a value, and settings that exist',
    (name) => {
      const example = readProjectFile(`deploy/terraform/environments/${name}/terraform.tfvars.example`);
      const declared = texts.get(`environments/${name}/variables.tf`) ?? '';
      const blocks = [...declared.matchAll(/^variable "(\w+)" \{\n([\s\S]*?)\n\}/gm)];
      const needed = blocks.filter(([, , body]) => !/^ {2}default /m.test(body ?? '')).map(([, variable]) => variable);
      const given = [...example.matchAll(/^(\w+) +=/gm)].map(([, variable]) => variable);
      expect(given.toSorted()).toEqual(needed.toSorted());
      const settings = [...example.matchAll(/ATLAS_\w+/g)].map(([setting]) => setting);
      expect(settings.filter((setting) => !(setting in SETTINGS))).toEqual([]);
    },
  );

  it.skipIf(command === undefined)('is formatted', { timeout: 30_000 }, () => {
    const { stdout } = spawnSync(command ?? '', ['fmt', '-check', '-recursive'], { cwd: TERRAFORM, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(readdirSync(TERRAFORM).toSorted()).toEqual(['environments', 'modules']);
  });

  it.skipIf(command === undefined || initialized.length === 0)('is valid', { timeout: 60_000 }, () => {
    for (const cwd of initialized)
      expect(spawnSync(command ?? '', ['validate'], { cwd, encoding: 'utf8' }).stderr).toBe('');
  });
});

/** What was wrong in other files of this kind; each of it is found. */
describe('a mistake in deploy/terraform', () => {
  it.each([
    [
      'an argument that does not exist',
      'modules/postgres/aurora.tf',
      'storage_encrypted ',
      'storage_is_encrypted ',
      'there is no argument',
    ],
    [
      'a required argument that is missing',
      'modules/network/main.tf',
      /^ +ip_protocol .*$/m,
      '',
      'ip_protocol is required',
    ],
    [
      'a required block that is missing',
      'modules/kafka/connect.tf',
      /^ {2}capacity \{[\s\S]*?^ {2}\}$/m,
      '',
      'capacity is required',
    ],
    [
      'a block in place of an argument',
      'modules/network/main.tf',
      'tags = { Name = var.name }',
      'tags {\n Name = var.name\n}',
      'must be a map',
    ],
    [
      'a block that does not exist',
      'modules/service/main.tf',
      'deployment_circuit_breaker {',
      'circuit_breaker {',
      'there is no argument',
    ],
    [
      'a type that does not exist',
      'modules/network/main.tf',
      '"aws_internet_gateway" "this"',
      '"aws_internet_gate" "this"',
      'no such type',
    ],
    [
      'a local that does not exist',
      'modules/service/main.tf',
      'tostring(local.admin_port)',
      'tostring(local.health_port)',
      'local.health_port does not exist',
    ],
    [
      'a variable that does not exist',
      'modules/postgres/rds.tf',
      'var.storage_gib',
      'var.disk_gib',
      'var.disk_gib does not exist',
    ],
    [
      'a member of a variable that does not exist',
      'modules/installation/main.tf',
      'var.postgres.readers',
      'var.postgres.replicas',
      'var.postgres has no replicas',
    ],
    [
      'a resource that does not exist',
      'modules/service/main.tf',
      'aws_lb.this.arn',
      'aws_lb.main.arn',
      'aws_lb.main does not exist',
    ],
    [
      'an attribute that does not exist',
      'modules/network/outputs.tf',
      'aws_vpc.this.cidr_block',
      'aws_vpc.this.cidr',
      'aws_vpc has no cidr',
    ],
    [
      'an output that does not exist',
      'modules/installation/main.tf',
      'module.network.vpc_id',
      'module.network.id',
      'has no output id',
    ],
    [
      'an input that does not exist',
      'modules/installation/main.tf',
      'shard_count ',
      'shards ',
      'there is no variable shards',
    ],
    [
      'one of many without an index',
      'modules/postgres/outputs.tf',
      'aws_rds_cluster.this[0].endpoint',
      'aws_rds_cluster.this.endpoint',
      'which one?',
    ],
    [
      'a variable that nothing uses',
      'modules/redshift/variables.tf',
      /$/,
      'variable "vpc_id" {\n type = string\n}\n',
      'var.vpc_id is not used',
    ],
    [
      'an output that nothing reads',
      'modules/redshift/outputs.tf',
      /$/,
      'output "arn" {\n value = "x"\n}\n',
      'is not read',
    ],
    [
      'a port for everybody',
      'modules/installation/security.tf',
      'cidr_ipv4         = each.key',
      'cidr_ipv4 = "0.0.0.0/0"',
      'lets everybody in',
    ],
    [
      'port 80',
      'modules/network/main.tf',
      /from_port +=.*\n +to_port +=.*/,
      'from_port = 80\nto_port = 80',
      'opens port 80',
    ],
    [
      'a listener without TLS',
      'modules/service/main.tf',
      '"HTTPS"\n  port              = 443',
      '"HTTP"\n  port = 80',
      'speaks without TLS',
    ],
    [
      'a disk without encryption',
      'modules/postgres/aurora.tf',
      /storage_encrypted +=.*/,
      'storage_encrypted = false',
      'storage_encrypted is false',
    ],
    [
      'a public server',
      'modules/postgres/rds.tf',
      /publicly_accessible +=.*/,
      'publicly_accessible = true',
      'publicly_accessible is true',
    ],
    [
      'a password in the state',
      'modules/postgres/aurora.tf',
      /master_password_wo +=.*/,
      'master_password = var.name',
      'would be in the state',
    ],
    [
      'a cluster without an instance',
      'modules/postgres/aurora.tf',
      /resource "aws_rds_cluster_instance"[\s\S]*$/,
      '',
      'has no instance',
    ],
    [
      'a fixed network',
      'modules/network/main.tf',
      'cidrsubnet(var.cidr, 4, each.value)',
      `"10.0.$\{each.value}.0/24"`,
      'a fixed network',
    ],
    [
      'a tag that changes with every plan',
      'modules/network/main.tf',
      'tags = { Name = var.name }',
      'tags = { Made = timestamp() }',
      'differs each time',
    ],
    [
      'a state without a lock',
      'environments/prod/versions.tf',
      /use_lockfile = true/,
      '',
      'must be remote, encrypted and locked',
    ],
    ['a provider of any version', 'modules/network/versions.tf', '"6.25.0"', '">= 6.0"', 'pinned to one version'],
    [
      'a setting that does not exist',
      'modules/service/tasks.tf',
      'ATLAS_ADMIN_PORT =',
      'ATLAS_HEALTH_PORT =',
      'there is no setting ATLAS_HEALTH_PORT',
    ],
  ])('is found: %s', async (_, path, from, to, fault) => {
    expect((await faultsAfter(path, from, to)).join('\n')).toContain(fault);
  });

  it('is found: a file that is no HCL, or names something twice', async () => {
    await expect(
      faultsAfter('modules/network/main.tf', 'resource "aws_vpc" "this" {', 'resource "aws_vpc" {{'),
    ).rejects.toThrow();
    await expect(faultsAfter('modules/redshift/outputs.tf', 'admin_secret_arn', 'workgroup_name')).rejects.toThrow();
  });
});
