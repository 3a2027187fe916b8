import { type BlockSchema, schemaOf } from './provider-schema.ts';
import { asBlocks, asBody, type Body, type Json, type TerraformFolder } from './read-terraform.ts';

/** What Terraform itself takes in every resource. */
const META = new Set(['count', 'for_each', 'depends_on', 'lifecycle', 'provider', 'dynamic']);

/** Arguments and blocks that the provider does not know, or that it requires and that are not there. */
export function schemaFaults(folder: TerraformFolder): readonly string[] {
  return [...folder.objects].flatMap(([label, body]) => {
    const [kind = '', type = ''] = label.split(' ');
    const schema = schemaOf(kind, type);
    const where = `${folder.path}: ${label}`;
    if (schema === undefined) return [`${where}: no such type in the schema; run scripts/aws-schema/make.mjs`];
    return bodyFaults(where, body, schema, META);
  });
}

function bodyFaults(where: string, body: Body, schema: BlockSchema, meta: ReadonlySet<string>): readonly string[] {
  const dynamic = asBody(body.dynamic);
  const faults = Object.entries(body)
    .filter(([name]) => !meta.has(name))
    .flatMap(([name, value]) => memberFaults(where, name, value, schema));
  const repeated = Object.entries(dynamic).flatMap(([name, blocks]) =>
    asBlocks(blocks).flatMap(({ content, for_each }) => [
      ...(for_each === undefined ? [`${where}: dynamic ${name} has no for_each`] : []),
      ...memberFaults(where, name, content ?? [], schema),
    ]),
  );
  const required = [
    ...Object.entries(schema.attributes).flatMap(([name, kind]) => (kind.startsWith('required') ? [name] : [])),
    ...Object.entries(schema.blocks).flatMap(([name, { need }]) => (need === 'required' ? [name] : [])),
  ];
  const missing = required.filter((name) => !(name in body) && !(name in dynamic));
  return [...faults, ...repeated, ...missing.map((name) => `${where}: ${name} is required`)];
}

function memberFaults(where: string, name: string, value: Json, schema: BlockSchema): readonly string[] {
  const block = Object.hasOwn(schema.blocks, name) ? schema.blocks[name] : undefined;
  if (block !== undefined) {
    if (!Array.isArray(value)) return [`${where}: ${name} is a block`];
    const tooMany = !block.many && value.length > 1 ? [`${where}: ${name} may be there once`] : [];
    const inner = asBlocks(value).flatMap((body) => bodyFaults(`${where}: ${name}`, body, block, new Set(['dynamic'])));
    return [...tooMany, ...inner];
  }
  const kind = Object.hasOwn(schema.attributes, name) ? schema.attributes[name]?.split(' ')[1] : undefined;
  if (kind === undefined) return [`${where}: there is no argument ${name}`];
  return isOf(kind, value) ? [] : [`${where}: ${name} must be a ${kind}`];
}

/** Texts may be expressions of any kind. */
function isOf(kind: string, value: Json): boolean {
  if (value === null || (typeof value === 'string' && value.includes('${'))) return true;
  if (kind === 'list') return Array.isArray(value);
  if (kind === 'map') return typeof value === 'object' && !Array.isArray(value);
  return kind === 'structure' || typeof value !== 'object';
}
