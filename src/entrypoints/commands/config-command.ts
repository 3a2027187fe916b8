import { describeSettings, loadSettings } from '../../config/config.ts';

export function runConfig(): void {
  const rows = describeSettings(loadSettings());
  const width = (column: 'name' | 'value'): number => Math.max(...rows.map((row) => row[column].length));
  const [names, values] = [width('name'), width('value')];
  for (const row of rows) {
    const fallback = row.default === '' ? '' : ` Default: ${row.default}.`;
    process.stdout.write(`${row.name.padEnd(names)}  ${row.value.padEnd(values)}  ${row.description}${fallback}\n`);
  }
}
