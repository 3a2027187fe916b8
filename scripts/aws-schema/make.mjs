/**
 * Writes the schema of the resources and data sources of AWS that deploy/terraform uses, which its test checks the files against:
 *
 *   npm --prefix scripts/aws-schema ci --legacy-peer-deps && node scripts/aws-schema/make.mjs
 *
 * It is read from the types of @cdktf/provider-aws, which are generated from the schema of the provider itself.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const TARGET = join(ROOT, 'test/deployment/terraform/aws-schema.json');
const library = join(dirname(createRequire(import.meta.url).resolve('@cdktf/provider-aws/package.json')), 'lib');

const terraform = readdirSync(join(ROOT, 'deploy/terraform'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.tf'))
  .map((name) => readFileSync(join(ROOT, 'deploy/terraform', name), 'utf8'))
  .join('\n');
const used = [...terraform.matchAll(/^(resource|data) "(aws_\w+)"/gm)].map(([, kind, type]) => `${kind} ${type}`);

const snake = (camel) => camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Every interface of a file by name: its members with their name in Terraform, type, and whether they are required and blocks. */
function interfacesOf(text) {
  const found = text.matchAll(/export interface (\w+)(?: extends [\w.]+)? \{\n([\s\S]*?)\n\}/g);
  return new Map(
    [...found].map(([, name, body]) => [
      name,
      [...body.matchAll(/\/\*\*([\s\S]*?)\*\/\s+readonly (\w+)(\??): ([\s\S]+?);(?=\n {4}\/\*\*|$)/g)].map(
        ([, comment, camel, optional, type]) => ({
          name: comment.match(/#(\w+) \w+#\w+\}/)?.[1] ?? snake(camel),
          isBlock: /^\s*\* \w+ block\s*$/m.test(comment),
          required: optional === '',
          type,
        }),
      ),
    ]),
  );
}

const kindOf = (type) => (type.includes('[]') ? 'list' : type.startsWith('{') ? 'map' : 'value');

function schemaOf(members, interfaces) {
  const schema = { attributes: {}, blocks: {} };
  for (const { name, isBlock, required, type } of members) {
    const nested = interfaces.get(type.match(/^(\w+)/)?.[1] ?? '');
    const need = required ? 'required' : 'optional';
    if (isBlock && nested !== undefined)
      schema.blocks[name] = { need, many: type.includes('[]'), ...schemaOf(nested, interfaces) };
    else schema.attributes[name] = `${need} ${nested === undefined ? kindOf(type) : 'structure'}`;
  }
  return schema;
}

function readSchema(kind, type) {
  const folder = (kind === 'data' ? `data-${type}` : type.replace(/^aws_/, '')).replaceAll('_', '-');
  const text = readFileSync(join(library, folder, 'index.d.ts'), 'utf8');
  const interfaces = interfacesOf(text);
  const [, config] = text.match(/export interface (\w+) extends cdktf\.TerraformMetaArguments/);
  const schema = schemaOf(interfaces.get(config), interfaces);
  const [, main] = text.match(
    /export declare class \w+ extends cdktf\.Terraform(?:Resource|DataSource) \{([\s\S]*?)\n\}/,
  );
  const getters = [...main.matchAll(/^ {4}get (\w+)\(\)/gm)].map(([, name]) => snake(name));
  const computed = getters.filter((name) => !name.endsWith('_input') && !(name in schema.attributes));
  return { ...schema, computed: computed.filter((name) => !(name in schema.blocks)).sort() };
}

const { version } = JSON.parse(readFileSync(join(library, '../package.json'), 'utf8'));
const provider = readFileSync(join(library, 'vpc/index.d.ts'), 'utf8').match(/hashicorp\/aws\/([\d.]+)\//)[1];
const entries = [...new Set(used)].sort().map((key) => {
  const [kind, type] = key.split(' ');
  return `  ${JSON.stringify(key)}: ${JSON.stringify(readSchema(kind, type))}`;
});
writeFileSync(
  TARGET,
  `{\n  "source": "@cdktf/provider-aws ${version}",\n  "provider": ${JSON.stringify(provider)},\n${entries.join(',\n')}\n}\n`,
);
process.stdout.write(`${TARGET}: ${entries.length} types of hashicorp/aws ${provider}\n`);
