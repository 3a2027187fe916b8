import { reportedErrors } from '../request/reported-errors.ts';
import { noteRequest } from '../request/request-of-error.ts';
import type { RequestPlugin } from './request-plugin.ts';

/** Notes the operation and the errors of its answer. */
export const reportPlugin: RequestPlugin = {
  async didResolveOperation({ operation, operationName, contextValue: { report } }) {
    if (operation != null) report.operation = { type: operation.operation, name: operationName };
  },
  async didEncounterErrors({ errors, contextValue: { report } }) {
    for (const error of errors) noteRequest(error, report.id);
  },
  async willSendResponse({ response: { body }, contextValue: { report } }) {
    if (body.kind === 'single') report.errors = reportedErrors(body.singleResult.errors);
  },
};
