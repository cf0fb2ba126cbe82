/** What the server says of a call that it refuses, or why there is no server. */
export class VidmockError extends Error {}

export interface ServerOptions {
  /** The program; `$VIDMOCK_COMMAND`, or else `vidmock`. */
  command?: string;
  /** More options of `vidmock serve`, such as `["--any-model"]`. */
  options?: string[];
}

export interface Server {
  url: string;
  close(): Promise<void>;
}

/** Start a server on a free port; it ends with close(), and with this process, however that ends. */
export function startServer(options?: ServerOptions): Promise<Server>;

export interface WorldOptions extends ServerOptions {
  /** A server that runs; `$VIDMOCK_URL`. Without either, one is started for this world. */
  url?: string;
  /** The API key whose world it is; one that nobody else has. */
  key?: string;
  /** What the world is called where it is shown, and its money summed: the name of a test, or its file. */
  label?: string;
  /** `real`, `step`, `manual`, `scaled:20`. */
  clock?: string;
}

export interface FaultRule {
  phase?: "before" | "after" | "poll" | "cancel" | "stream" | "upload" | "webhook" | "media";
  provider?: string;
  model?: string;
  times?: number | null;
  nth?: number;
  arguments?: Record<string, unknown>;
}

/** As the control API has it: `vidmock docs control`, and `/_vidmock/openapi.json` of a server. */
export type Entry = Record<string, any>;

export interface World {
  readonly url: string;
  /** What clients of this world send as their key. */
  readonly key: string;
  readonly runpodUrl: string;
  readonly runwareUrl: string;
  readonly runwareSocketUrl: string;
  readonly falQueueUrl: string;
  readonly falRunUrl: string;
  readonly eachlabsUrl: string;
  readonly clock: {
    set(mode: string): Promise<Entry>;
    /** `"15m"`, `"90s"`, or a number of seconds. */
    advance(by: string | number): Promise<Entry>;
    /** Until the next thing that is due has happened. */
    next(): Promise<Entry>;
    runUntilIdle(): Promise<Entry>;
  };
  readonly faults: {
    /** An effect of `vidmock faults`, such as `edge_page`. */
    add(effect: string, rule?: FaultRule): Promise<Entry>;
    list(): Promise<Entry[]>;
    clear(): Promise<Entry>;
  };
  readonly jobs: {
    list(query?: Record<string, string>): Promise<Entry[]>;
    get(id: string): Promise<Entry>;
    outcome(id: string, effect: string, rest?: Entry): Promise<Entry>;
    nextOutcome(effect: string, rest?: Entry): Promise<Entry>;
  };
  readonly webhooks: {
    list(): Promise<Entry[]>;
    redeliver(number: number): Promise<Entry>;
  };
  exchanges(query?: Record<string, string>): Promise<Entry[]>;
  /** What was charged, refunded, spent and wasted, in USD as text. */
  ledger(): Promise<Entry>;
  scenario(name: string): Promise<Entry>;
  /** The variables that lead a program that a test starts: `spawn(…, { env: { ...process.env, ...variables } })`. */
  environment(command?: string): Promise<Record<string, string>>;
  reset(): Promise<Entry>;
  /** Empty the world, and end the server if it was started for it. */
  close(): Promise<void>;
}

/** Open a world that no other test sees. */
export function openWorld(options?: WorldOptions): Promise<World>;
