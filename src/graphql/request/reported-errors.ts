import type { ReportedErrors } from '../../resolvers/request-report.ts';

const NONE: readonly ReportedErrors[] = [];

interface FormattedError {
  readonly extensions?: { readonly code?: unknown; readonly count?: unknown };
}

/** The codes of formatted errors. One that stands for several counts as often. */
export function reportedErrors(errors: readonly FormattedError[] | undefined): readonly ReportedErrors[] {
  if (errors === undefined || errors.length === 0) return NONE;
  return errors.map(({ extensions }) => ({
    code: String(extensions?.code ?? 'INTERNAL'),
    count: typeof extensions?.count === 'number' ? extensions.count : 1,
  }));
}
