import { join } from 'node:path';
import { schemaOf } from './provider-schema.ts';
import { type Body, type Json, type TerraformFolder, textsIn } from './read-terraform.ts';

type Folders = ReadonlyMap<string, TerraformFolder>;

/** A name with what follows it: `.member`, `[index]`, `[*]`. */
const REFERENCE =
  /(?<![\w.-])(var|local|module|data|ephemeral|(?:aws|random)_\w+)((?:\.[A-Za-z_][\w-]*|\[[^[\]]*\])+)/g;
const OVER_ALL = /\bfor (?:\w+, )?(\w+) in ((?:data\.)?aws_\w+\.\w+) :/g;
const OF_MODULE = new Set(['source', 'count', 'for_each', 'depends_on', 'providers']);

/** Names that do not exist, in the folder or in the modules that it calls, and what nothing uses. */
export function referenceFaults(folder: TerraformFolder, folders: Folders): readonly string[] {
  const used = new Set<string>();
  const places: readonly (readonly [place: string, json: Json])[] = [
    ...folder.objects,
    ...folder.outputs,
    ...folder.providers,
    ...[...folder.modules].map(([name, body]) => [`module ${name}`, body] as const),
    ...[...folder.locals].map(([name, value]) => [`local.${name}`, value] as const),
    ...[...folder.variables].map(([name, body]) => [`variable ${name}`, body] as const),
  ];
  const faults = places.flatMap(([place, json]) =>
    textsIn(json).flatMap((text) =>
      referencesIn(text).flatMap((path) => {
        if (place !== `variable ${path[1]}` && place !== path.slice(0, 2).join('.')) used.add(nameOf(path));
        return faultOf(path, folder, folders).map((fault) => `${folder.path}: ${place}: ${fault}`);
      }),
    ),
  );
  const declared = [
    ...[...folder.variables.keys()].map((name) => `var.${name}`),
    ...[...folder.locals.keys()].map((name) => `local.${name}`),
    ...[...folder.objects.keys()].filter((key) => !key.startsWith('resource ')).map((key) => key.replaceAll(' ', '.')),
  ];
  const unused = declared.filter((name) => !used.has(name)).map((name) => `${folder.path}: ${name} is not used`);
  return [
    ...faults,
    ...unused,
    ...[...folder.modules].flatMap(([name, body]) => callFaults(name, body, folder, folders)),
  ];
}

/** Outputs of modules that no folder reads. */
export function unreadOutputs(folders: Folders): readonly string[] {
  const read = new Set<string>();
  for (const folder of folders.values()) {
    const bodies = [
      ...folder.objects.values(),
      ...folder.outputs.values(),
      ...folder.modules.values(),
      ...folder.locals.values(),
    ];
    for (const path of bodies.flatMap(textsIn).flatMap(referencesIn))
      if (path[0] === 'module') {
        const child = childOf(folder, path[1] ?? '', folders);
        const output = path.slice(2).find((part) => !part.startsWith('['));
        if (child !== undefined && output !== undefined) read.add(`${child.path} ${output}`);
      }
  }
  return [...folders.values()]
    .filter(({ path }) => path.startsWith('modules/'))
    .flatMap(({ path, outputs }) => [...outputs.keys()].map((name) => `${path} ${name}`))
    .filter((name) => !read.has(name));
}

/** What is named in a text: `aws_subnet.private[0].id` as its parts. */
function referencesIn(text: string): readonly (readonly string[])[] {
  const found = [...text.matchAll(REFERENCE)].map(([, root = '', rest = '']) => [root, ...parts(rest)]);
  const iterated = [...text.matchAll(OVER_ALL)].flatMap(([, item = '', all = '']) =>
    [...text.matchAll(new RegExp(`\\b${item}\\.(\\w+)`, 'g'))].map(([, member = '']) => [
      ...all.split('.'),
      '[*]',
      member,
    ]),
  );
  return [...found, ...iterated];
}

const parts = (rest: string): string[] => rest.match(/[A-Za-z_][\w-]*(?![^[]*\])|\[[^\]]*\]/g) ?? [];
const nameOf = (path: readonly string[]): string =>
  path.slice(0, path[0] === 'data' || path[0] === 'ephemeral' ? 3 : 2).join('.');

function faultOf(path: readonly string[], folder: TerraformFolder, folders: Folders): readonly string[] {
  const [root = '', name = '', ...rest] = path;
  if (root === 'local') return folder.locals.has(name) ? [] : [`local.${name} does not exist`];
  if (root === 'var') return variableFaults(folder.variables.get(name), name, rest);
  if (root === 'module') return moduleFaults(folder, name, rest, folders);
  const [kind, type, label, ...members] = root === 'data' || root === 'ephemeral' ? path : ['resource', ...path];
  const body = folder.objects.get(`${kind} ${type} ${label}`);
  if (body === undefined) return [`${type}.${label} does not exist`];
  const member = members.find((part) => !part.startsWith('['));
  const schema = schemaOf(kind ?? '', type ?? '');
  const isKnown =
    member === undefined ||
    schema === undefined ||
    [schema.attributes, schema.blocks].some((names) => Object.hasOwn(names, member)) ||
    schema.computed.includes(member);
  return [...(isKnown ? [] : [`${type} has no ${member}`]), ...indexFaults(`${type}.${label}`, body, members)];
}

/** One of many needs an index, and the only one has none. */
function indexFaults(name: string, body: Body, rest: readonly string[]): readonly string[] {
  const [first] = rest;
  if (first === undefined) return [];
  const isMany = 'count' in body || 'for_each' in body;
  if (isMany === first.startsWith('[')) return [];
  return [isMany ? `${name} is many: which one?` : `${name} is one: no index`];
}

function variableFaults(variable: Body | undefined, name: string, rest: readonly string[]): readonly string[] {
  if (variable === undefined) return [`var.${name} does not exist`];
  const [member] = rest;
  const type = String(variable.type ?? '').match(/^\$\{object\(\{([\s\S]*)\}\)\}$/)?.[1];
  if (member === undefined || member.startsWith('[') || type === undefined) return [];
  // Without what is inside of members.
  let flat = type;
  for (let before = ''; before !== flat; ) [before, flat] = [flat, flat.replace(/\([^()]*\)|\{[^{}]*\}/g, '')];
  return new RegExp(`(^|[\\s,])${member}\\s*=`).test(flat) ? [] : [`var.${name} has no ${member}`];
}

function childOf(folder: TerraformFolder, name: string, folders: Folders): TerraformFolder | undefined {
  const source = folder.modules.get(name)?.source;
  return typeof source === 'string' ? folders.get(join(folder.path, source)) : undefined;
}

function moduleFaults(
  folder: TerraformFolder,
  name: string,
  rest: readonly string[],
  folders: Folders,
): readonly string[] {
  const body = folder.modules.get(name);
  const child = childOf(folder, name, folders);
  if (body === undefined || child === undefined) return [`module.${name} does not exist`];
  const output = rest.find((part) => !part.startsWith('['));
  return [
    ...(output === undefined || child.outputs.has(output) ? [] : [`module.${name} has no output ${output}`]),
    ...indexFaults(`module.${name}`, body, rest),
  ];
}

function callFaults(name: string, body: Body, folder: TerraformFolder, folders: Folders): readonly string[] {
  const child = childOf(folder, name, folders);
  const where = `${folder.path}: module ${name}`;
  if (child === undefined) return [`${where}: there is no ${String(body.source)}`];
  const given = Object.keys(body).filter((key) => !OF_MODULE.has(key));
  return [
    ...given.filter((key) => !child.variables.has(key)).map((key) => `${where}: there is no variable ${key}`),
    ...[...child.variables]
      .filter(([key, variable]) => !('default' in variable) && !given.includes(key))
      .map(([key]) => `${where}: ${key} is required`),
  ];
}
