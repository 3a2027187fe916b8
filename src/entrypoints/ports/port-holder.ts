import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** `0A` in the fourth column of /proc/net/tcp. */
const LISTENING = '0A';

/** The process that listens on a TCP port of this host, in words; null if it cannot be known, as that of another account or container. */
export function portHolder(port: number): string | null {
  const pid = process.platform === 'linux' ? listenerOnLinux(port) : listenerByLsof(port);
  if (pid === null) return null;
  return pid === process.pid ? 'this process itself' : `process ${pid}${nameOf(pid)}`;
}

function listenerOnLinux(port: number): number | null {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningSockets(table, port)));
  if (sockets.size === 0) return null;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const holder = pids.find((pid) => openFiles(pid).some((target) => sockets.has(target)));
  return holder === undefined ? null : Number(holder);
}

/** As links of open files name them: `socket:[4711]`. */
function listeningSockets(table: string, port: number): string[] {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  return lines(table).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const listens = fields[1]?.endsWith(`:${hexadecimal}`) && fields[3] === LISTENING;
    return listens ? [`socket:[${fields[9]}]`] : [];
  });
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((file) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${file}`)];
      } catch {
        return []; // It was closed meanwhile.
      }
    });
  } catch {
    return []; // Of another account, or it has ended.
  }
}

function listenerByLsof(port: number): number | null {
  const { stdout } = spawnSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp'], { encoding: 'utf8' });
  const pid = /^p(\d+)$/m.exec(stdout ?? '')?.[1];
  return pid === undefined ? null : Number(pid);
}

/** Its arguments are not shown, because they may be secrets; only those that name a command of Atlas. */
function nameOf(pid: number): string {
  const words = commandLine(pid);
  const program = words.findIndex((word) => /(^|\/)(atlas(\.cjs)?|entrypoints\/cli\.[jt]s)$/.test(word));
  const command = words[program + 1];
  if (program >= 0 && command !== undefined && /^[a-z]+$/.test(command)) return `, "atlas ${command}"`;
  return words[0] ? `, ${JSON.stringify(basename(words[0]))}` : '';
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return (stdout ?? '').trim().split(' ');
  }
}
