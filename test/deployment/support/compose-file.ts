import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

interface ComposeService {
  readonly image?: string;
  readonly build?: string;
  readonly pull_policy?: string;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly disable?: boolean };
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

export function readProjectFile(path: string): string {
  return readFileSync(resolve(ROOT, path), 'utf8');
}

/** docker-compose.yml as shown by `docker compose config`: merges resolved, variables replaced with those of the example. */
export function readComposeFile(): ComposeFile {
  const variables = exampleVariables();
  const text = readProjectFile('docker-compose.yml').replaceAll(/\$\{(\w+)(?::\?[^}]*)?\}/g, (_, name: string) => {
    const value = variables.get(name);
    if (value === undefined) throw new Error(`deploy/compose.env.example does not set ${name}`);
    return value;
  });
  return parse(text, { merge: true }) as ComposeFile;
}

/** Variables for a user who copies the example to .env. */
function exampleVariables(): ReadonlyMap<string, string> {
  const lines = readProjectFile('deploy/compose.env.example').matchAll(/^(\w+)=(.*)$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** The environment of a service: the variables set by Compose, and none of this process. */
export function environmentOf(file: ComposeFile, service: string): Readonly<Record<string, string>> {
  const environment = file.services[service]?.environment;
  if (environment === undefined) throw new Error(`docker-compose.yml sets no environment for ${service}`);
  return environment;
}
