export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** `server`: a request that arrived; `client`: one that is sent to another server. */
export type SpanKind = 'server' | 'client' | 'internal';

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly attributes?: SpanAttributes;
  /** The headers of the request that arrived: the span continues the trace that they name. */
  readonly from?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A span that is under way. */
export interface TraceSpan {
  /** Once what it is about is known. */
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  event(name: string, attributes: SpanAttributes): void;
  /** @param type a code or a class of errors; messages may quote what clients sent, so they are not taken. */
  fail(type: string): void;
}

/** Names the span that is active, in lines of the log. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

/** Spans of what the process does. Whoever may do without gets null instead, so that nothing is paid for them. */
export interface Tracing {
  /**
   * Runs the work in a span, as a part of the one that is active. The span ends with the work; if it throws, it has failed.
   * @param name few different ones: never a value.
   */
  span<T>(name: string, options: SpanOptions, work: (span: TraceSpan) => Promise<T>): Promise<T>;
  /** The headers with which another server continues the trace; undefined outside of one. */
  headers(): Record<string, string> | undefined;
  /** Whether the active span is recorded: not outside of a trace, nor in one that is not sampled. */
  isRecording(): boolean;
  /** Undefined outside of a trace. */
  ids(): TraceIds | undefined;
  /** Sends what has not been sent, for a few seconds at most. */
  stop(): Promise<void>;
}
