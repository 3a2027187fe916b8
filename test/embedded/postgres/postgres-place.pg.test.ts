import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../src/embedded/free-ports.ts';
import { openHome } from '../../../src/embedded/home/open-home.ts';
import { accountCan, unprivilegedAccount } from '../../../src/embedded/postgres/account.ts';
import { copyTree } from '../../../src/embedded/postgres/copy-tree.ts';
import { initialiseCluster } from '../../../src/embedded/postgres/initialise-cluster.ts';
import { installedBinaries } from '../../../src/embedded/postgres/postgres-binaries.ts';
import { findPostgresPlace, reachableBinaries } from '../../../src/embedded/postgres/postgres-place.ts';
import { ServerProcess } from '../../../src/embedded/postgres/server-process.ts';
import { primarySettings } from '../../../src/embedded/postgres/server-settings.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';

const isRoot = process.getuid?.() === 0;

describe('the place of Postgres', () => {
  let directory: string;
  let system: string;
  let notices: string[];
  const place = (home: string) => findPostgresPlace(home, (notice) => notices.push(notice), [system]);
  beforeEach(() => {
    directory = temporaryDirectory('place');
    system = join(directory, 'system');
    notices = [];
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is in the home, owned by the account Postgres runs under and closed to others', async () => {
    const home = openHome(join(directory, 'home'));
    const found = await place(home);
    expect(found.directory).toBe(join(home, 'postgres'));
    expect(statSync(found.directory).mode & 0o777).toBe(0o700);
    expect(statSync(found.directory).uid).toBe(found.account?.uid ?? process.getuid?.());
    expect(notices).toEqual([]);
  });

  describe.runIf(isRoot)('if only root can enter the home', () => {
    const lockedHome = () => {
      const home = openHome(join(directory, 'locked', '.atlas'));
      chmodSync(join(directory, 'locked'), 0o700);
      return home;
    };

    it('is in a system directory, and the home links to it', async () => {
      const home = lockedHome();
      const found = await place(home);
      expect(found.directory.startsWith(`${system}/`)).toBe(true);
      expect(realpathSync(join(home, 'postgres'))).toBe(found.directory);
      expect(notices).toEqual([expect.stringContaining(found.directory)]);
      expect((await place(home)).directory).toBe(found.directory);
    });

    it('is empty again if its former home was removed', async () => {
      const home = lockedHome();
      const old = await place(home);
      mkdirSync(join(old.directory, 's0'));
      rmSync(home, { recursive: true });
      expect(existsSync(join((await place(openHome(home))).directory, 's0'))).toBe(false);
    });

    it('takes over the data of a home that was moved there', async () => {
      const home = openHome(join(directory, 'open'));
      const { directory: before } = await place(home);
      mkdirSync(join(before, 's0'), { mode: 0o700 });
      chmodSync(home, 0o700);
      const after = await place(home);
      expect(existsSync(join(after.directory, 's0'))).toBe(true);
      expect(lstatSync(before).isSymbolicLink()).toBe(true);
    });

    it('contains a working copy of binaries that only root can reach', async () => {
      const home = lockedHome();
      const { directory: data, account } = await place(home);
      await copyTree(installedBinaries().directory, join(home, 'native'), { account: null });
      const locked = {
        ...installedBinaries(),
        directory: join(home, 'native'),
        postgres: join(home, 'native/bin/postgres'),
      };
      expect(accountCan(account, '-x', locked.postgres)).toBe(false);
      const binaries = await reachableBinaries(locked, data, account);
      expect(binaries.directory.startsWith(`${data}/`)).toBe(true);
      const dataDirectory = join(data, 'primary');
      await initialiseCluster({ binaries, account, dataDirectory, password: 'x', durable: false });
      const [port = 0] = await freePorts([null]);
      const server = new ServerProcess({
        name: 'primary',
        binaries,
        account,
        dataDirectory,
        logFile: join(directory, 'primary.log'),
        settings: primarySettings({ port, maxSlotWalBytes: 2 ** 30 }),
      });
      await server.start();
      expect(server.running).toBe(true);
      await server.stop();
    });

    it('says what to do if no directory can be reached', async () => {
      const home = lockedHome();
      mkdirSync(system, { mode: 0o700 });
      await expect(place(home)).rejects.toThrow(
        new RegExp(`"${unprivilegedAccount()?.name}", which can enter neither .*\\nSet ATLAS_HOME`),
      );
    });
  });
});

describe('a home', () => {
  it('is rejected, with a remedy, if it is not a directory', () => {
    expect(() => openHome('/dev/null/atlas')).toThrow(/Set ATLAS_HOME/);
  });
});
