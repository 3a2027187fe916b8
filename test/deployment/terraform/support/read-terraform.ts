import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from '@cdktf/hcl2json';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Body = { readonly [key: string]: Json };

/** A folder of files: a module, or one that is applied. */
export interface TerraformFolder {
  readonly path: string;
  /** Resources, data sources and ephemeral resources, such as `resource aws_vpc this`. */
  readonly objects: ReadonlyMap<string, Body>;
  readonly variables: ReadonlyMap<string, Body>;
  readonly locals: ReadonlyMap<string, Json>;
  readonly outputs: ReadonlyMap<string, Body>;
  readonly modules: ReadonlyMap<string, Body>;
  readonly providers: ReadonlyMap<string, Body>;
  /** Blocks `terraform`: versions and the place of the state. */
  readonly settings: readonly Body[];
}

const ROOT = resolve(import.meta.dirname, '../../../..');

/** Every file of deploy/terraform, by its path from there. */
export function readTexts(): ReadonlyMap<string, string> {
  const top = join(ROOT, 'deploy/terraform');
  const names = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tf'));
  return new Map(
    names.filter((name) => !name.includes('.terraform/')).map((name) => [name, readFileSync(join(top, name), 'utf8')]),
  );
}

const parsed = new Map<string, Promise<Body>>();

/** Files are parsed once, however often they are read with one of them changed. */
function parseOnce(name: string, text: string): Promise<Body> {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const result = parse(name, text) as Promise<Body>;
  parsed.set(text, result);
  return result;
}

export const asBody = (json: Json | undefined): Body =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Body) : {};
/** Blocks of one kind come as a list. */
export const asBlocks = (json: Json | undefined): readonly Body[] => (Array.isArray(json) ? json.map(asBody) : []);

/** @throws if a file is not valid, or names something twice. */
export async function readTerraform(texts: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, TerraformFolder>> {
  const folders = new Map<string, ReturnType<typeof emptyFolder>>();
  for (const [name, text] of texts) {
    const path = dirname(name);
    const folder = folders.get(path) ?? emptyFolder(path);
    folders.set(path, folder);
    const file = await parseOnce(name, text);
    for (const kind of ['resource', 'data', 'ephemeral'])
      for (const [type, named] of Object.entries(asBody(file[kind])))
        for (const [label, blocks] of Object.entries(asBody(named)))
          put(folder.objects, `${kind} ${type} ${label}`, blocks);
    for (const [label, blocks] of Object.entries(asBody(file.variable))) put(folder.variables, label, blocks);
    for (const [label, blocks] of Object.entries(asBody(file.output))) put(folder.outputs, label, blocks);
    for (const [label, blocks] of Object.entries(asBody(file.module))) put(folder.modules, label, blocks);
    for (const [label, blocks] of Object.entries(asBody(file.provider))) put(folder.providers, label, blocks);
    for (const block of asBlocks(file.locals))
      for (const [label, value] of Object.entries(block)) {
        if (folder.locals.has(label)) throw new Error(`${path}: local.${label} is there twice`);
        folder.locals.set(label, value);
      }
    folder.settings.push(...asBlocks(file.terraform));
  }
  return folders;
}

function put(target: Map<string, Body>, label: string, json: Json): void {
  const [body, ...more] = asBlocks(json);
  if (body === undefined || more.length > 0 || target.has(label)) throw new Error(`${label} must be there once`);
  target.set(label, body);
}

function emptyFolder(path: string) {
  return {
    path,
    objects: new Map<string, Body>(),
    variables: new Map<string, Body>(),
    locals: new Map<string, Json>(),
    outputs: new Map<string, Body>(),
    modules: new Map<string, Body>(),
    providers: new Map<string, Body>(),
    settings: [] as Body[],
  };
}

/** Every text in it, names of members included: expressions are texts with `${…}`. */
export function textsIn(json: Json | undefined): readonly string[] {
  if (typeof json === 'string') return [json];
  if (typeof json !== 'object' || json === null) return [];
  if (Array.isArray(json)) return json.flatMap(textsIn);
  return Object.entries(json).flatMap(([key, value]) => [key, ...textsIn(value)]);
}
