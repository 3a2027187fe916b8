import { statusWithType } from '../request/response-type.ts';
import type { RequestPlugin } from './request-plugin.ts';

/** Sets the status of a request whose document or variables are wrong. One without a document is no GraphQL request: its status is 400 always. */
export const statusPlugin: RequestPlugin = {
  async willSendResponse({ request, response }) {
    const { status } = response.http;
    if (status === undefined || !request.query) return;
    response.http.status = statusWithType(status, request.http?.headers.get('accept'));
  },
};
