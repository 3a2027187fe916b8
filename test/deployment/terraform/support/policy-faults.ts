import { SETTINGS } from '../../../../src/config/settings.ts';
import { PROVIDER_VERSION } from './provider-schema.ts';
import { asBlocks, asBody, type Body, type Json, type TerraformFolder, textsIn } from './read-terraform.ts';

/** `path` leads through blocks; `is` is the value, or tells whether it will do. */
type Demand = readonly [type: string, path: string, is: Json | ((value: Json | undefined) => boolean)];

const isGiven = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== '';
const isNotTrue = (value: Json | undefined): boolean => value === undefined || value === false;

/** What is stored or sent is encrypted, and nothing has an address of the internet. */
const DEMANDS: readonly Demand[] = [
  ['aws_rds_cluster', 'storage_encrypted', true],
  ['aws_rds_cluster', 'kms_key_id', isGiven],
  ['aws_rds_cluster', 'skip_final_snapshot', false],
  ['aws_rds_cluster', 'deletion_protection', isGiven],
  ['aws_rds_cluster_instance', 'publicly_accessible', false],
  ['aws_rds_cluster_instance', 'performance_insights_kms_key_id', isGiven],
  ['aws_db_instance', 'storage_encrypted', true],
  ['aws_db_instance', 'kms_key_id', isGiven],
  ['aws_db_instance', 'publicly_accessible', false],
  ['aws_db_instance', 'deletion_protection', isGiven],
  ['aws_ebs_volume', 'encrypted', true],
  ['aws_ebs_volume', 'kms_key_id', isGiven],
  ['aws_instance', 'associate_public_ip_address', false],
  ['aws_instance', 'root_block_device.encrypted', true],
  ['aws_instance', 'metadata_options.http_tokens', 'required'],
  ['aws_msk_cluster', 'encryption_info.encryption_at_rest_kms_key_arn', isGiven],
  ['aws_msk_cluster', 'encryption_info.encryption_in_transit.client_broker', 'TLS'],
  ['aws_msk_cluster', 'encryption_info.encryption_in_transit.in_cluster', true],
  ['aws_msk_cluster', 'client_authentication.unauthenticated', false],
  ['aws_msk_cluster', 'broker_node_group_info.connectivity_info.public_access.type', 'DISABLED'],
  ['aws_mskconnect_connector', 'kafka_cluster_encryption_in_transit.encryption_type', 'TLS'],
  ['aws_redshiftserverless_namespace', 'kms_key_id', isGiven],
  ['aws_redshiftserverless_namespace', 'manage_admin_password', true],
  ['aws_redshiftserverless_workgroup', 'publicly_accessible', false],
  ['aws_secretsmanager_secret', 'kms_key_id', isGiven],
  ['aws_cloudwatch_log_group', 'kms_key_id', isGiven],
  ['aws_cloudwatch_log_group', 'retention_in_days', isGiven],
  ['aws_kms_key', 'enable_key_rotation', true],
  ['aws_subnet', 'map_public_ip_on_launch', isNotTrue],
  ['aws_ecs_service', 'network_configuration.assign_public_ip', false],
  ['aws_lb', 'internal', (value) => value === true || /^\$\{var\.internal\}$/.test(String(value))],
  ['aws_lb_listener', 'certificate_arn', isGiven],
  ['aws_lb_listener', 'ssl_policy', (value) => String(value).includes('TLS13')],
];

/** Values that would be in the state, and places for them that are not. */
const IN_STATE = ['master_password', 'password', 'secret_string', 'admin_user_password'];
const PRIVATE_NETWORK = /\b(?:10\.\d+|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.(?:\d|\$\{)/;

/** Whatever would be a way in, a secret in the state, or a plan that differs each time. */
export function policyFaults(folder: TerraformFolder): readonly string[] {
  return [
    ...[...folder.objects].flatMap(([label, body]) => [
      ...demandFaults(label, body),
      ...openings(label, body),
      ...IN_STATE.filter((name) => name in body).map((name) => `${label}: ${name} would be in the state`),
    ]),
    ...secretsRead(folder),
    ...loneClusters(folder),
    ...textFaults(folder),
    ...versionFaults(folder),
  ].map((fault) => `${folder.path}: ${fault}`);
}

/** The value at the path in each of the blocks that lead there. */
function valuesAt(body: Body, path: string): readonly (Json | undefined)[] {
  const [name = '', ...rest] = path.split('.');
  if (rest.length === 0) return [body[name]];
  const blocks = asBlocks(body[name]);
  return blocks.length === 0 ? [undefined] : blocks.flatMap((block) => valuesAt(block, rest.join('.')));
}

const demandFaults = (label: string, body: Body): readonly string[] =>
  DEMANDS.filter(([type]) => label.startsWith(`resource ${type} `)).flatMap(([, path, is]) =>
    valuesAt(body, path)
      .filter((value) => (typeof is === 'function' ? !is(value) : value !== is))
      .map((value) => `${label}: ${path} is ${JSON.stringify(value)}`),
  );

function openings(label: string, body: Body): readonly string[] {
  const isIngress = label.includes(' aws_vpc_security_group_ingress_rule ');
  const inline =
    /aws_(default_)?security_group |aws_security_group_rule /.test(label) && ('ingress' in body || 'type' in body);
  return [
    ...(inline ? [`${label}: rules have resources of their own`] : []),
    ...(isIngress && textsIn(body).some((text) => /(^|[^\d.])0\.0\.0\.0\/|::\/0/.test(text))
      ? [`${label} lets everybody in`]
      : []),
    ...(isIngress && !('from_port' in body) ? [`${label} opens every port`] : []),
    ...(isIngress && [body.from_port, body.to_port].includes(80) ? [`${label} opens port 80`] : []),
    ...(label.includes(' aws_lb_listener ') && (body.port === 80 || body.protocol === 'HTTP')
      ? [`${label} speaks without TLS`]
      : []),
  ];
}

const secretsRead = ({ objects }: TerraformFolder): readonly string[] =>
  [...objects.keys()]
    .filter((label) =>
      /^(resource random_password|data aws_secretsmanager_(secret_version|random_password)) /.test(label),
    )
    .map((label) => `${label}: its value would be in the state; use an ephemeral one`);

/** A cluster without an instance answers nobody. */
const loneClusters = ({ objects }: TerraformFolder): readonly string[] =>
  [...objects.keys()]
    .filter((label) => label.startsWith('resource aws_rds_cluster '))
    .filter((label) => {
      const instances = [...objects].filter(([other]) => other.startsWith('resource aws_rds_cluster_instance '));
      return !instances.some(([, body]) =>
        String(body.cluster_identifier).includes(label.split(' ').slice(1).join('.')),
      );
    })
    .map((label) => `${label} has no instance`);

function textFaults(folder: TerraformFolder): readonly string[] {
  const texts = [
    folder.objects,
    folder.outputs,
    folder.modules,
    folder.locals,
    folder.providers,
    folder.variables,
  ].flatMap((named) => [...named.values()].flatMap(textsIn));
  return texts.flatMap((text) => [
    ...(/\b(timestamp|uuid|bcrypt)\(/.test(text) ? [`a plan that differs each time: ${text}`] : []),
    ...(PRIVATE_NETWORK.test(text) ? [`a fixed network: ${text}`] : []),
    ...[...text.matchAll(/\bATLAS_[A-Z0-9_]*[A-Z0-9]\b/g)]
      .filter(([name]) => !(name.replace(/_FILE$/, '') in SETTINGS))
      .map(([name]) => `there is no setting ${name}`),
  ]);
}

function versionFaults({ path, settings, providers }: TerraformFolder): readonly string[] {
  const [block, ...more] = settings;
  if (block === undefined || more.length > 0) return ['must say its versions once'];
  const required = Object.entries(asBody(asBlocks(block.required_providers)[0]));
  const pinned = required.every(([, wanted]) => /^\d+\.\d+\.\d+$/.test(String(asBody(wanted).version)));
  const state = asBlocks(asBody(block.backend).s3)[0];
  const isApplied = path.startsWith('environments/');
  const isLocked = state?.encrypt === true && state.use_lockfile === true && isGiven(state.key);
  return [
    ...(pinned && required.length > 0 ? [] : ['providers must be pinned to one version']),
    ...(required.some(([name, wanted]) => name === 'aws' && asBody(wanted).version === PROVIDER_VERSION)
      ? []
      : [`hashicorp/aws must be ${PROVIDER_VERSION}, as in aws-schema.json`]),
    ...(isGiven(block.required_version) ? [] : ['must say the version of Terraform']),
    ...(isApplied && !isLocked ? ['the state must be remote, encrypted and locked'] : []),
    ...(isApplied && !providers.has('aws') ? ['must configure the provider'] : []),
    ...(!isApplied && (state !== undefined || providers.size > 0)
      ? ['a module has no state and no provider of its own']
      : []),
  ];
}
