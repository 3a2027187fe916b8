import type { OperationTypeNode } from 'graphql';
import type { RequestReads } from '../loaders/request-reads.ts';
import type { RequestCost } from './request-cost.ts';

/** Errors of one code in a response. */
export interface ReportedErrors {
  readonly code: string;
  readonly count: number;
}

/** What a request has got to so far. */
type RequestProgress = {
  readonly tenantId: number;
  readonly reads: Pick<RequestReads, 'asked'>;
  readonly cost: Pick<RequestCost, 'requested'>;
};

/** What one request does, noted by those who do it, for metrics and log. It never has values of its variables, or of its answer. */
export class RequestReport {
  /** Names the request in log and response. */
  readonly id: string;
  /** Null unless the document is valid and names it. */
  operation: { readonly type: OperationTypeNode; readonly name: string | null } | null = null;
  /** Null until the caller is known. */
  progress: RequestProgress | null = null;
  /** Of the answer; null while there is none. */
  errors: readonly ReportedErrors[] | null = null;

  constructor(id: string) {
    this.id = id;
  }
}
